#ifndef POLICY_TRACE_H
#define POLICY_TRACE_H

#include <stdbool.h>

#include "policy/diag.h"

/* What a step of a decision looked at. */
enum trace_kind {
    TRACE_NONE = 0,
    TRACE_CRITERION, /* "user", list: did this criterion hold? */
    TRACE_BLOCK,     /* "Match": did all of its criteria hold? */
    TRACE_SWITCH,    /* "AllowTcpForwarding": did it refuse? */
    TRACE_ADDRESS,   /* what follows is about this address */
    TRACE_RULE,      /* "GrantOpen", entry: does it list the request? */
};

/*
 * One step of the walk that decides.  The criteria of a Match line come
 * before their TRACE_BLOCK; those after the first that does not hold are not
 * looked at, and a block whose includer does not hold has none.  The rules of
 * a list come in order up to the first that matches; a DenyListen without text
 * is all of the list, which leaves no port to a request for port 0.  Which step
 * decided is for the decision's own .from to say: it may be the list that lacks
 * what a key's list has, or be about the first of two addresses.
 * All pointers are valid during the call only.
 */
struct trace_step {
    enum trace_kind kind;
    bool matched;
    const char *keyword; /* as the manual writes it */
    const char *text;    /* as the file writes it; NULL: nothing to show */
    struct origin from;
};

/* Where to write the walk down; a NULL trace costs nothing. */
struct trace {
    void (*step)(void *arg, const struct trace_step *step);
    void *arg;
};

/* Hand one step to trace, which may be NULL. */
void trace_step(const struct trace *trace, struct trace_step step);

#endif
