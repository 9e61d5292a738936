#ifndef SERVER_CTL_COMPARE_H
#define SERVER_CTL_COMPARE_H

#include "server/ctl/difference.h"
#include "server/ctl/loaded.h"
#include "server/ctl/places.h"

/* The bounds of a comparison, beside PEOPLE_MAX, PLACES_MAX and
 * DIFFERENCE_MAX. */
#define COMPARE_KINDS_MAX 2000 /* of people whom lines tell apart */
#define COMPARE_QUESTIONS_MAX ((size_t)1 << 20)
#define COMPARE_MATCHES_MAX ((size_t)8 << 20) /* Match lines looked at */

/* People whom both configurations treat alike: the first of them. */
struct kind {
    struct people_one one;
    size_t settings;        /* place in settings[] */
    struct answer login[2]; /* may they log in? */
};

/* Two configurations and what is known of them; old is 0, new is 1. */
struct comparison {
    struct loaded *configs[2];
    struct census census;
    struct places places;
    /* Which Match blocks hold, and what is in force then. */
    struct name_set blocks;
    const struct settings *settings[2][COMPARE_KINDS_MAX];
    struct name_set kind_keys;
    struct kind kinds[COMPARE_KINDS_MAX];
    size_t kind_count;
    size_t questions, matches;
    struct differences differences;
    /* What there was more of than is looked at; NULL: nothing. */
    const char *bound;
};

/*
 * Fill in a zeroed comparison of two good configurations.  Returns 0,
 * -EINVAL (reported on stderr) or -ENOMEM; compare_done() in any case.
 */
int compare_all(struct comparison *c, struct loaded *old, struct loaded *new);
void compare_done(struct comparison *c);

#endif
