/* The end of a connection that has lasted as long as it may. */
#include "server/monitor/lifetime.h"

#include <inttypes.h>

#include "server/log/log.h"
#include "server/monitor/denial.h"

#define RULE_MAX 300

static void
on_time(uv_timer_t *timer)
{
    struct connection *c = timer->data;
    const struct number_setting *limit =
        &c->settings->max_connection_lifetime_s;
    const struct words_who who = connection_who(c);
    char rule[RULE_MAX], told[DENIAL_MAX];

    words_rule(&limit->from, rule, sizeof(rule));
    log_line(LOG_LEVEL_INFO,
             "user %.100s from %s port %u has been connected for %" PRIu64
             " seconds, MaxConnectionLifetime by %s",
             who.user, who.ip, who.port, limit->value, rule);
    denial_goodbye(told, c->settings, "maximum connection lifetime reached",
                   &limit->from);
    connection_disconnect(c, DISCONNECT_BY_APPLICATION, told);
}

void
lifetime_start(struct connection *c)
{
    uint64_t limit_s = c->settings->max_connection_lifetime_s.value;

    if (limit_s != 0) {
        uv_update_time(&c->loop);
        uv_timer_start(&c->lifetime_timer, on_time, limit_s * 1000, 0);
    }
}
