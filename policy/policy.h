#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"
#include "policy/diag.h"
#include "policy/endpoint.h"
#include "policy/settings.h"
#include "policy/trace.h"

/* One configuration file, in memory.  Borrowed until the policy is freed. */
struct source {
    const char *name; /* as messages name it */
    const char *text; /* need not be NUL-terminated */
    size_t size;      /* bytes */
};

/* What an Include argument led to, in the order in which it is read. */
struct include {
    const char *pattern; /* exactly as the file writes it */
    const struct source *list;
    size_t count; /* 0 when nothing matched, which is fine */
};

/* Everything that was read: same sources, same policy, in every process. */
struct sources {
    struct source main;
    const struct include *includes;
    size_t include_count;
    /* -o, -p, -h, ... of the command line: one "Keyword value" each. */
    const char *const *overrides;
    size_t override_count;
};

#define INCLUDE_DEPTH_MAX 16 /* nested Include, as sshd */

/*
 * Call found() for each argument of each Include line of source, whatever
 * Match block it stands in.  Lines that do not lex are skipped: parsing will
 * complain.  Stops at and returns the first non-zero value of found().
 */
typedef int include_found_fn(void *arg, const char *pattern);
int policy_scan_includes(const struct source *source, include_found_fn *found,
                         void *arg);

/* The release whose sshd_config we read: facts.version of our programs. */
#define POLICY_MATCH_VERSION "OpenSSH_10.5"

/* What parsing needs to know of the world, and may not find out itself. */
struct facts {
    service_port_fn *service; /* may be NULL */
    void *service_arg;
    const char *version;   /* for Match Version, e.g. "OpenSSH_10.5" */
    const char *home;      /* of the daemon's uid, for "~" in paths; or NULL */
    const char *directory; /* working directory, for relative paths; or NULL */
};

/* Who is connecting, as Match sees it.  Missing data is NULL or zero. */
struct identity {
    const char *user;          /* as sent by the client */
    bool invalid_user;         /* no such account */
    const char *const *groups; /* names, primary group first */
    size_t group_count;
    const char *host; /* confirmed name, or the printed address */
    struct address address;
    struct address local_address;
    uint16_t local_port; /* 0: unknown */
    const char *rdomain; /* VRF device name; normally NULL */
    bool test;           /* -C: missing data makes a criterion false */
};

/* Called for each complaint; the first SEVERITY_HARD one is the last. */
typedef void policy_report_fn(void *arg, const struct diag *diag);

struct policy; /* the global settings and the text for Match */

/*
 * Pass 1: read the text, check all of it, apply what is global, then fill in
 * defaults.  sources and facts are borrowed until policy_free().  Soft
 * errors are all reported, then counted in a last report whose text is
 * "terminating, N bad configuration options".
 * Returns 0; -EINVAL when anything but a warning was reported; -ENOMEM.
 */
int policy_parse(const struct sources *sources, const struct facts *facts,
                 policy_report_fn *report, void *arg, struct policy **ret);
void policy_free(struct policy *policy); /* NULL is fine */

/* The settings of the daemon itself, and before a user is known. */
const struct settings *policy_global(const struct policy *policy);

/* The highest MaxForwards that any line sets, whoever its block is for. */
const struct number_setting *
policy_highest_forwards(const struct policy *policy);

/* The MaxForwardWindow with the highest total, likewise. */
const struct window_setting *
policy_highest_windows(const struct policy *policy);

/*
 * Pass 2: the same text again with Match decided for who, laid over the
 * global settings.  *ret and what it points to live in the policy.
 * Returns 0, -EINVAL (reported) or -ENOMEM.
 */
int policy_resolve(struct policy *policy, const struct identity *who,
                   policy_report_fn *report, void *arg,
                   const struct settings **ret);

/*
 * The same, written down: each criterion that was looked at, each Match line.
 * trace may be NULL.
 */
int policy_resolve_traced(struct policy *policy, const struct identity *who,
                          const struct trace *trace, policy_report_fn *report,
                          void *arg, const struct settings **ret);

/*
 * Only decide which Match blocks hold for who, and write that down.  Nothing
 * is kept for it.  Returns 0, or -EINVAL.
 */
int policy_match_traced(struct policy *policy, const struct identity *who,
                        const struct trace *trace, struct diag *reterr);

/* Was the value not written anywhere?  (An override has line 0 too.) */
bool policy_is_default(const struct origin *from);

/*
 * Did the last policy_resolve() have to decide a Match LocalPort?  (Then
 * -T -C needs lport=.)
 */
bool policy_needs_local_port(const struct policy *policy);

/* -T: one "Keyword value" a line into out, every keyword; or -errno. */
typedef int policy_print_fn(void *arg, const char *line);
int policy_dump(const struct settings *s, policy_print_fn *print, void *arg);

/*
 * Print a complaint in sshd's two shapes: "FILE: line N: Bad configuration
 * option: KW" for unknown keywords, "FILE line N: ..." for the rest, and the
 * count line "FILE: terminating, ...".  Like snprintf.
 */
int policy_diag_format(const struct diag *diag, char *out, size_t size);

#endif
