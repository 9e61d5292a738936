#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/diag.h"
#include "policy/lexer.h"
#include "policy/policy.h"
#include "policy/trace.h"

enum criterion_kind {
    CRITERION_NEVER = 0, /* zeroed memory matches nobody */
    CRITERION_ALL,
    CRITERION_VERSION, /* holds its result already */
    CRITERION_INVALID_USER,
    CRITERION_USER,
    CRITERION_GROUP,
    CRITERION_HOST,
    CRITERION_ADDRESS,
    CRITERION_LOCAL_ADDRESS,
    CRITERION_LOCAL_PORT,
    CRITERION_RDOMAIN,
};

struct criterion {
    enum criterion_kind kind;
    const char *list; /* comma list, in the arena */
    uint16_t port;    /* CRITERION_LOCAL_PORT */
    bool holds;       /* CRITERION_VERSION */
};

/* One Match line: all of it must hold. */
struct condition {
    const struct criterion *list;
    size_t count;
};

/*
 * Read the words after Match, and check them for errors that evaluation
 * could only report to the wrong person.  Returns 0, -EINVAL, -ENOMEM.
 */
int match_parse(struct arena *arena, const struct facts *facts,
                struct words *words, struct condition *ret,
                struct diag *reterr);

/* Does it hold without knowing who connects?  (Match all, Match version) */
bool match_always(const struct condition *condition);

/* Does it name LocalPort? */
bool match_needs_local_port(const struct condition *condition);

/*
 * Does it hold for who?  Returns 0, or -EINVAL when the user is unknown to
 * the caller and this is not a test.
 */
int match_evaluate(const struct condition *condition,
                   const struct identity *who, bool *ret, struct diag *reterr);

/* The same, with each criterion written down; from is the Match line. */
int match_evaluate_traced(const struct condition *condition,
                          const struct identity *who, const struct trace *trace,
                          struct origin from, bool *ret, struct diag *reterr);

#endif
