#ifndef POLICY_GRANTS_H
#define POLICY_GRANTS_H

#include <stddef.h>

#include "policy/grant.h"

struct grant_index;

/* A list of entries, in the order in which they were written. */
struct grants_setting {
    struct origin from;       /* of the first entry */
    const struct grant *list; /* owned by the policy's arena */
    size_t count;
    const struct grant_index *index; /* NULL: not made, or not worth it */
};

/*
 * Make the index that lets grants_find() answer without looking at every
 * entry.  A short list gets none.  Returns 0 or -ENOMEM.
 */
int grants_seal(struct arena *arena, struct grants_setting *set);

/*
 * The first entry that lists what is asked, or NULL.  The cost does not grow
 * with the number of exact names, "*.suffix" patterns, addresses and networks:
 * one look-up for each label and each prefix length in use.  It does with
 * other patterns, and with entries of one host that have ranges of ports.
 */
const struct grant *grants_find(const struct grants_setting *set,
                                const struct grant_query *q);

/*
 * Is there any address to which an entry for addresses would let one connect
 * at this port?  (Then a name that is not listed is worth resolving.)
 */
bool grants_may_hold_address(const struct grants_setting *set, uint32_t port);

#endif
