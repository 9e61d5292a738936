#ifndef SERVER_CTL_DIFFERENCE_H
#define SERVER_CTL_DIFFERENCE_H

#include "policy/printout.h"
#include "server/ctl/answer.h"
#include "server/ctl/people.h"

#define DIFFERENCE_MAX 10000
#define DIFFERENCE_PEOPLE_MAX 8 /* are named; the others are counted */

/*
 * The same request, decided differently for these people.  Who has all the
 * facts of one of them is not named besides.
 */
struct difference {
    const char *request; /* borrowed */
    struct answer old, new;
    struct people_one people[DIFFERENCE_PEOPLE_MAX];
    size_t people_count; /* of all */
};

/* Zeroed is none. */
struct differences {
    struct name_set keys;
    struct difference *list;
    size_t count, room;
    bool is_cut; /* there are more */
};

/* Add one, or one more of the people to the same.  0 or -ENOMEM. */
int difference_add(struct differences *d, const char *request,
                   const struct answer *old, const struct answer *new,
                   const struct people_one *who);
void difference_done(struct differences *d);

/* For people, a paragraph each; for programs, the elements of an array. */
void difference_text(struct printout *out, const struct differences *d,
                     const struct census *c);
void difference_json(struct printout *out, const struct differences *d,
                     const struct census *c);

#endif
