#ifndef POLICY_PENALTY_PARTS_H
#define POLICY_PENALTY_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/settings.h"

/* What PerSourcePenalties says, its defaults filled in. */

bool penalties_are_on(const struct penalties_setting *set);

/* In the unit that enum penalty_part gives; overflow6 follows overflow. */
uint64_t penalty_part(const struct penalties_setting *set,
                      enum penalty_part part);

#endif
