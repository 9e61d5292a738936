#include "server/listener/startups.h"

#include <inttypes.h>
#include <stdio.h>

#include "server/listener/portcullisd.h"

#define TIME_TEXT_MAX 32

/* "00:05:10" */
static void
format_time(uint64_t ms, char out[TIME_TEXT_MAX])
{
    uint64_t s = ms / 1000;

    snprintf(out, TIME_TEXT_MAX, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
             s / 3600, s / 60 % 60, s % 60);
}

static void
calm_down(struct startups *s, const struct startup *next, const struct say *to)
{
    char time[TIME_TEXT_MAX];

    format_time(next->now_ms - s->first_ms, time);
    say(to, LOG_LEVEL_INFO,
        "exited MaxStartups throttling after %s, %u connections dropped", time,
        s->dropped);
    *s = (struct startups){0};
}

/* The first drop and then one in five minutes is worth a line at INFO. */
static enum log_level
announce(struct startups *s, const struct startup *next, const struct say *to)
{
    char time[TIME_TEXT_MAX];

    if (!s->throttling) {
        *s = (struct startups){
            .throttling = true,
            .first_ms = next->now_ms,
            .told_ms = next->now_ms,
        };
        say(to, LOG_LEVEL_ERROR, "beginning MaxStartups throttling");
        return LOG_LEVEL_INFO;
    }
    if (next->now_ms - s->told_ms < STARTUPS_COMPLAINT_MS) {
        return LOG_LEVEL_VERBOSE;
    }
    s->told_ms = next->now_ms;
    format_time(next->now_ms - s->first_ms, time);
    say(to, LOG_LEVEL_ERROR,
        "in MaxStartups throttling for %s, %u connections dropped", time,
        s->dropped + 1);
    return LOG_LEVEL_INFO;
}

bool
startups_admit(struct startups *s, const struct startup *next,
               const struct say *to)
{
    enum log_level level;

    if (next->waiting < STARTUPS_MAX) {
        if (s->throttling && next->waiting < STARTUPS_CALM) {
            calm_down(s, next, to);
        }
        return true;
    }
    level = announce(s, next, to);
    s->dropped++;
    say(to, level,
        "drop connection #%zu from [%s]:%u on [%s]:%u past "
        "MaxStartups",
        next->waiting, next->peer, next->peer_port, next->local,
        next->local_port);
    return false;
}
