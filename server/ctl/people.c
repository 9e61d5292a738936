/* Who asks, when two configurations are compared. */
#include "server/ctl/people.h"

#include <string.h>

#define UNNAMED_FROM "203.0.113.98" /* RFC 5737 */

static const struct name_set *
names_of(const struct census *c, enum people_fact fact)
{
    switch (fact) {
    case PEOPLE_USER:
        return &c->users;
    case PEOPLE_GROUP:
        return &c->groups;
    case PEOPLE_FROM:
        return &c->addresses;
    case PEOPLE_HOST:
        return &c->hosts;
    case PEOPLE_LOCAL_ADDRESS:
        return &c->local_addresses;
    case PEOPLE_LOCAL_PORT:
    case PEOPLE_FACTS:
        break;
    }
    return &c->local_ports;
}

/* Values of a fact beside the unnamed one. */
static size_t
count_of(const struct census *c, enum people_fact fact)
{
    size_t count = names_of(c, fact)->count;

    return fact == PEOPLE_GROUP && count > 1 ? count + 1 : count;
}

static unsigned
bits_of(unsigned mask)
{
    unsigned count = 0;

    for (; mask != 0; mask &= mask - 1) {
        count++;
    }
    return count;
}

/* The next one with the same facts named; false behind the last. */
static bool
advance(const struct census *c, unsigned mask, struct people_one *one)
{
    for (unsigned i = 0; i < PEOPLE_FACTS; i++) {
        if ((mask & 1U << i) == 0) {
            continue;
        }
        if (one->fact[i] < count_of(c, (enum people_fact)i)) {
            one->fact[i]++;
            return true;
        }
        one->fact[i] = 1;
    }
    return false;
}

/* False when one of the facts has no named value. */
static bool
begin(const struct census *c, unsigned mask, struct people_one *ret)
{
    *ret = (struct people_one){0};
    for (unsigned i = 0; i < PEOPLE_FACTS; i++) {
        if ((mask & 1U << i) != 0) {
            if (count_of(c, (enum people_fact)i) == 0) {
                return false;
            }
            ret->fact[i] = 1;
        }
    }
    return true;
}

/* All with exactly these facts named. */
static int
each_of_mask(const struct census *c, unsigned mask, people_fn *on_one,
             void *arg, size_t *left)
{
    struct people_one one;
    bool more = begin(c, mask, &one);
    int r = 0;

    while (r == 0 && more && *left > 0) {
        --*left;
        r = on_one(arg, &one);
        more = advance(c, mask, &one);
    }
    return r;
}

int
people_each(const struct census *c, people_fn *on_one, void *arg, bool *ret_cut)
{
    size_t left = PEOPLE_MAX + 1;
    int r = 0;

    for (unsigned count = 0; count <= PEOPLE_FACTS; count++) {
        for (unsigned mask = 0; r == 0 && mask < 1U << PEOPLE_FACTS; mask++) {
            if (bits_of(mask) == count) {
                r = each_of_mask(c, mask, on_one, arg, &left);
            }
        }
    }
    *ret_cut = left == 0;
    return r;
}

static const char *const fact_names[PEOPLE_FACTS] = {
    [PEOPLE_USER] = "user",
    [PEOPLE_GROUP] = "group",
    [PEOPLE_FROM] = "from",
    [PEOPLE_HOST] = "host",
    [PEOPLE_LOCAL_ADDRESS] = "local-address",
    [PEOPLE_LOCAL_PORT] = "local-port",
};

/* More groups than a person has room for are left out. */
static void
add_all(const struct name_set *names, const char *fact, struct person *p)
{
    struct diag ignored;

    for (size_t i = 0; i < names->count; i++) {
        person_set(p, fact, names->list[i], &ignored);
    }
}

void
people_person(const struct census *c, const struct people_one *one,
              struct person *ret)
{
    struct diag ignored;

    person_init(ret);
    for (unsigned i = 0; i < PEOPLE_FACTS; i++) {
        const struct name_set *names = names_of(c, (enum people_fact)i);
        size_t at = one->fact[i];

        if (at > names->count) {
            add_all(names, fact_names[i], ret);
        } else if (at > 0) {
            person_set(ret, fact_names[i], names->list[at - 1], &ignored);
        }
    }
    if (ret->from.family == ADDRESS_NONE) {
        person_set(ret, "from", UNNAMED_FROM, &ignored);
    }
}
