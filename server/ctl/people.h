#ifndef SERVER_CTL_PEOPLE_H
#define SERVER_CTL_PEOPLE_H

#include "server/ctl/census.h"
#include "server/ctl/person.h"

/* By what people differ, in the order in which it is said. */
enum people_fact {
    PEOPLE_USER = 0,
    PEOPLE_GROUP,
    PEOPLE_FROM,
    PEOPLE_HOST,
    PEOPLE_LOCAL_ADDRESS,
    PEOPLE_LOCAL_PORT,
    PEOPLE_FACTS, /* how many there are */
};

/*
 * One of the people that a census names: for each fact 0 for one that no line
 * names, or 1 and its place.  Groups have one more: in all of them.
 */
struct people_one {
    size_t fact[PEOPLE_FACTS];
};

#define PEOPLE_MAX 20000 /* the rest is left out */

/*
 * Call on_one() for everybody, those with few facts first, up to the first
 * non-zero answer, which is returned.  *ret_cut: there were more.
 */
typedef int people_fn(void *arg, const struct people_one *one);
int people_each(const struct census *c, people_fn *on_one, void *arg,
                bool *ret_cut);

/* The facts themselves; texts belong to the census. */
void people_person(const struct census *c, const struct people_one *one,
                   struct person *ret);

#endif
