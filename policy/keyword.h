#ifndef POLICY_KEYWORD_H
#define POLICY_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/algorithms.h"
#include "policy/arena.h"
#include "policy/diag.h"
#include "policy/lexer.h"
#include "policy/policy.h"
#include "policy/printout.h"
#include "policy/settings.h"

struct keyword;

/* What a value is read with. */
struct value_context {
    struct arena *arena;
    const struct facts *facts;
    const char *written; /* the keyword, as the line spells it */
    struct origin from;  /* stored in the value */
    struct diag warning; /* text is "" when there is none */
};

/*
 * One kind of value.  A field is a struct of settings.h; its first member is
 * its origin.
 *
 * parse   reads words into a zeroed field and sets its origin.  Returns 0,
 *         -EINVAL with *reterr (severity hard unless it says soft), -ENOMEM.
 * format  adds line number i of the value to out, as parse() reads it.
 * lines   how many lines -T prints; NULL means one.
 * merge   lays a later line on an earlier one, for RULE_APPEND, RULE_SLOTS.
 */
struct value_type {
    const char *syntax; /* for the manual: "yes | no", "host:port ..." */
    size_t size;        /* of the field */
    int (*parse)(struct value_context *ctx, const struct keyword *kw,
                 struct words *words, void *field, struct diag *reterr);
    void (*format)(const struct keyword *kw, const void *field, size_t i,
                   struct printout *out);
    size_t (*lines)(const void *field);
    int (*merge)(struct arena *arena, void *field, const void *later,
                 struct diag *reterr);
};

struct choice {
    const char *name; /* the first name of a value is the printed one */
    int value;
};

enum scope {
    SCOPE_GLOBAL = 0, /* not within a Match block */
    SCOPE_MATCH,      /* anywhere */
};

/* What happens when a keyword is written twice. */
enum rule {
    RULE_FIRST = 0, /* the first line wins, later ones are only checked */
    RULE_APPEND,    /* lists grow, also over all matching blocks */
    RULE_GATHER,    /* lists grow, and matching blocks add to what is global */
    RULE_SLOTS,     /* each part of the value is the first that was written */
    RULE_LAST,
};

enum use {
    USE_REFUSED = 0, /* any value is an error */
    USE_HONOURED,
    USE_NO_EFFECT,    /* checked and kept: grants only what we do not have */
    USE_DEFAULT_ONLY, /* any value but the default is an error so far */
    USE_STRUCTURE,    /* Include, Match: the parser's business */
    USE_UNSUPPORTED,  /* any argument, with a note: not compiled in */
    USE_DEPRECATED,   /* any argument, with a note: sshd dropped it */
    USE_IGNORED,      /* any argument, silently */
};

#define KEYWORD_ALIASES 2

/* One directive.  A new directive is a new row and a field. */
struct keyword {
    const char *name; /* matched without regard to case */
    const char *alias[KEYWORD_ALIASES];
    const char *alias_global; /* a name only for outside of Match blocks */
    enum use use;
    enum scope scope;
    enum rule rule;
    size_t field; /* offsetof(struct settings, ...), when there is a type */
    const struct value_type *type;           /* NULL: nothing is kept */
    const struct choice *choices;            /* type_choice */
    const struct algorithm_kind *algorithms; /* type_algorithms */
    const char *noun;     /* type_choice: named in the complaint */
    bool override_closes; /* given on the command line: the file is late */
    bool ours;            /* sshd does not know it and would refuse a file */
    uint64_t most;        /* type_ceiling */
    const char *dflt;     /* as written in a file; NULL: an empty list */
    const char *since;    /* sshd release; NULL: before 7.0 */
    const char *doc;      /* a paragraph of the manual */
};

/* Rows that belong together in the manual. */
struct keyword_group {
    const char *title;
    const struct keyword *list;
    size_t count;
};

extern const struct keyword_group keywords_daemon;
extern const struct keyword_group keywords_transport;
extern const struct keyword_group keywords_login;
extern const struct keyword_group keywords_forward;
extern const struct keyword_group keywords_grant;
extern const struct keyword_group keywords_session;
extern const struct keyword_group keywords_gone;

#define KEYWORD_GROUPS 7
extern const struct keyword_group *const keyword_groups[KEYWORD_GROUPS];

/* By name or alias, whatever the case; NULL when it is unknown. */
const struct keyword *keyword_find(const char *name);

/* May it stand in a Match block under this one of its names? */
bool keyword_is_for_match(const struct keyword *kw, const char *written);

/* The value at a row's field. */
void *keyword_field(const struct keyword *kw, struct settings *s);
const void *keyword_value(const struct keyword *kw, const struct settings *s);

/* Was the field given by a line, an override or a default? */
bool keyword_is_set(const void *field);

/* The file names of origins that are no file. */
extern const char origin_command_line[]; /* "command-line", line 0 */
extern const char origin_default[];      /* "built-in default", line 0 */

/* Read one value with the row's type, and check it against the row's use. */
int keyword_parse(const struct keyword *kw, struct value_context *ctx,
                  struct words *words, void *field, struct diag *reterr);

/* Lay a value on what is there by the row's rule. */
int keyword_apply(const struct keyword *kw, struct arena *arena, void *field,
                  const void *value, struct diag *reterr);

/* What a matching block left unset comes from the global settings. */
int keyword_inherit(const struct keyword *kw, struct arena *arena, void *field,
                    const void *global, struct diag *reterr);

/* The default of the row, into a zeroed field. */
int keyword_default(const struct keyword *kw, struct value_context *ctx,
                    void *field, struct diag *reterr);

/* How many lines -T prints for the value. */
size_t keyword_lines(const struct keyword *kw, const void *field);

extern const struct choice choices_yes_no[];

extern const struct value_type type_choice;
extern const struct value_type type_choice_exact;
extern const struct value_type type_hash;
extern const struct value_type type_number;
extern const struct value_type type_ceiling;
extern const struct value_type type_number_or_none;
extern const struct value_type type_rate;
extern const struct value_type type_window;
extern const struct value_type type_time;
extern const struct value_type type_time_or_none;
extern const struct value_type type_mode;
extern const struct value_type type_startups;
extern const struct value_type type_startups_or_none;
extern const struct value_type type_net_block;
extern const struct value_type type_penalties;
extern const struct value_type type_address_list;
extern const struct value_type type_word;
extern const struct value_type type_word_as_is;
extern const struct value_type type_account;
extern const struct value_type type_path;
extern const struct value_type type_provider;
extern const struct value_type type_agent;
extern const struct value_type type_tail;
extern const struct value_type type_command;
extern const struct value_type type_rekey;
extern const struct value_type type_qos;
extern const struct value_type type_timeouts;
extern const struct value_type type_ports;
extern const struct value_type type_listens;
extern const struct value_type type_endpoints_open;
extern const struct value_type type_endpoints_listen;
extern const struct value_type type_grants_open;
extern const struct value_type type_grants_listen;
extern const struct value_type type_sources;
extern const struct value_type type_path_patterns;
extern const struct value_type type_port_ranges;
extern const struct value_type type_files;
extern const struct value_type type_path_list;
extern const struct value_type type_users;
extern const struct value_type type_groups;
extern const struct value_type type_phrase;
extern const struct value_type type_variable_names;
extern const struct value_type type_variables;
extern const struct value_type type_subsystem;
extern const struct value_type type_key_options;
extern const struct value_type type_algorithms;

#endif
