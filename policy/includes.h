#ifndef POLICY_INCLUDES_H
#define POLICY_INCLUDES_H

#include <stddef.h>

#include "policy/arena.h"
#include "policy/policy.h"

/* The pre-read Includes of a configuration, found by what the file says. */
struct includes {
    const struct include **sorted; /* by pattern */
    size_t count;
};

int includes_init(struct includes *includes, const struct sources *sources,
                  struct arena *arena);

/* NULL when nobody read it. */
const struct include *includes_find(const struct includes *includes,
                                    const char *pattern);

#endif
