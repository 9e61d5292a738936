#ifndef TESTS_UNIT_POLICY_EACH_ROW_H
#define TESTS_UNIT_POLICY_EACH_ROW_H

#include "policy/keyword.h"

typedef void row_fn(const struct keyword *kw);

/* Laws hold for every keyword of every group. */
static inline void
each_row(row_fn *check)
{
    for (size_t g = 0; g < KEYWORD_GROUPS; g++) {
        for (size_t i = 0; i < keyword_groups[g]->count; i++) {
            check(&keyword_groups[g]->list[i]);
        }
    }
}

#endif
