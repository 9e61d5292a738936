#include "server/listener/log_limit.h"

/* Returns how long there had been nothing. */
static uint64_t
fill(struct log_limit *l, uint64_t now_s)
{
    uint64_t pause = now_s - l->last_s;

    l->level = pause >= l->level ? 0 : l->level - (unsigned)pause;
    if (l->level < l->depth) {
        l->level++;
    }
    l->last_s = now_s;
    return pause;
}

/* Below burst: is it over, or does it only look so? */
static bool
has_calmed(struct log_limit *l, uint64_t now_s, uint64_t pause)
{
    if (!l->is_calming) {
        l->is_calming = true;
        l->calm_since_s = now_s;
        return pause > l->calm_s;
    }
    return now_s - l->calm_since_s > l->calm_s;
}

static void
begin(struct log_limit *l, uint64_t now_s)
{
    l->is_limiting = true;
    l->told_s = now_s;
    l->held_back = 0;
}

static unsigned
take_held_back(struct log_limit *l)
{
    unsigned count = l->held_back;

    l->held_back = 0;
    return count;
}

bool
log_limit_allows(struct log_limit *l, uint64_t now_s, unsigned *ret_held_back)
{
    uint64_t pause = fill(l, now_s);
    bool is_low = l->level < l->burst;

    *ret_held_back = 0;
    if (!l->is_limiting && is_low) {
        return true;
    }
    if (!l->is_limiting) {
        begin(l, now_s);
    }
    if (is_low && has_calmed(l, now_s, pause)) {
        l->is_limiting = false;
        l->is_calming = false;
        *ret_held_back = take_held_back(l);
        return true;
    }
    l->is_calming = is_low;
    if (now_s - l->told_s >= l->every_s) {
        l->told_s = now_s;
        *ret_held_back = take_held_back(l);
        return true;
    }
    l->held_back++;
    return false;
}
