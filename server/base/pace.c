#include "server/base/pace.h"

#include "server/limits.h"

bool
pace_allows(struct pace *p, uint64_t now_ms, unsigned *ret_held_back)
{
    *ret_held_back = 0;
    if (p->has_begun && now_ms - p->told_ms < LIMIT_PACE_MS) {
        p->held_back++;
        return false;
    }
    *ret_held_back = p->held_back;
    *p = (struct pace){.has_begun = true, .told_ms = now_ms};
    return true;
}
