#include "server/monitor/paced_log.h"

void
paced_log(struct connection *c, enum paced_kind kind, enum log_level level,
          const char *line)
{
    unsigned held_back = 0;

    if (!pace_allows(&c->paces[kind], uv_now(&c->loop), &held_back)) {
        log_line(LOG_LEVEL_DEBUG1, "%s", line);
    } else if (held_back > 0) {
        log_line(level, "%s; %u more since the last such line", line,
                 held_back);
    } else {
        log_line(level, "%s", line);
    }
}

void
paced_log_end(struct connection *c)
{
    static const char *const what[PACED_COUNT] = {
        [PACED_SHORTAGE] = "were refused for want of descriptors or memory",
        [PACED_SOURCE] = "connections to listeners were refused by ListenFrom",
        [PACED_FORWARDS] =
            "connections to listeners were refused by MaxForwards",
    };
    struct words_who who = connection_who(c);

    for (unsigned i = 0; i < PACED_COUNT; i++) {
        if (c->paces[i].held_back > 0) {
            log_line(LOG_LEVEL_INFO, "user %.100s from %s port %u: %u more %s",
                     who.user, who.ip, who.port, c->paces[i].held_back,
                     what[i]);
        }
        c->paces[i].held_back = 0;
    }
}
