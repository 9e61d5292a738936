#include "policy/penalty_parts.h"

#define SECONDS(n) ((uint64_t)(n)*1000000)
#define SOURCES 65536

static const uint64_t defaults[PENALTY_PARTS] = {
    [PENALTY_CRASH] = SECONDS(90),
    [PENALTY_AUTHFAIL] = SECONDS(5),
    [PENALTY_NOAUTH] = SECONDS(1),
    [PENALTY_INVALID_USER] = SECONDS(5),
    [PENALTY_GRACE_EXCEEDED] = SECONDS(10),
    [PENALTY_REFUSED] = SECONDS(10),
    [PENALTY_MAX] = SECONDS(600),
    [PENALTY_MIN] = SECONDS(15),
    [PENALTY_SOURCES4] = SOURCES,
    [PENALTY_SOURCES6] = SOURCES,
    [PENALTY_OVERFLOW] = PENALTY_OVERFLOW_PERMISSIVE,
};

bool
penalties_are_on(const struct penalties_setting *set)
{
    return set->written != 0 || !set->has_switch || set->is_on;
}

uint64_t
penalty_part(const struct penalties_setting *set, enum penalty_part part)
{
    if ((set->written >> part & 1) != 0) {
        return set->parts[part];
    }
    if (part == PENALTY_OVERFLOW6) {
        return penalty_part(set, PENALTY_OVERFLOW);
    }
    return defaults[part];
}
