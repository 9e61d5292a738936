#ifndef SERVER_CTL_WALK_H
#define SERVER_CTL_WALK_H

#include "policy/printout.h"
#include "policy/trace.h"

/* The steps of a decision as they come, for people or as JSON. */
struct walk {
    struct printout out;      /* lines, or the elements of an array */
    struct printout criteria; /* of the Match line that is being looked at */
    bool json;
    bool has_step;
};

/* What to hand to policy_resolve_traced() and its kin; points to w. */
struct trace walk_trace(struct walk *w);

void walk_done(struct walk *w);

#endif
