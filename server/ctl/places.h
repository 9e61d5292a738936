#ifndef SERVER_CTL_PLACES_H
#define SERVER_CTL_PLACES_H

#include "policy/arena.h"
#include "policy/decide.h"
#include "server/ctl/census.h"

#define PLACES_MAX 20000 /* of each kind; the rest is left out, see is_cut */

/* One thing to ask for. */
struct place {
    const char *text;       /* as forward_spec.h has it, or "accept ADDRESS" */
    struct request request; /* kind 0: it is about source */
    struct address source;  /* who connects to a listener */
};

struct places {
    struct name_set texts;
    struct arena *arena;
    struct place *list; /* in the arena */
    size_t count;
    bool is_cut;
};

/* Put something of each kind that no sensible line names into the census. */
void places_seed(struct census *c);

/*
 * Every host of the census with every port of it, every path and source.
 * Returns 0 or -ENOMEM; places_done() in any case.
 */
int places_make(const struct census *c, struct places *ret);
void places_done(struct places *p);

#endif
