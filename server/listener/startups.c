#include "server/listener/startups.h"

bool
startups_drop(const struct startups_setting *s, size_t waiting, unsigned dice)
{
    uint64_t percent = s->rate;

    if (waiting < s->start) {
        return false;
    }
    if (waiting >= s->full) {
        return true;
    }
    percent += (100 - s->rate) * (waiting - s->start) / (s->full - s->start);
    return dice < percent;
}
