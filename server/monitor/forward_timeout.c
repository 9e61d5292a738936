/*
 * One timer a connection, because all its forwards have the same time: it is
 * set for the earliest, and looks who is late when it goes off.
 */
#include "server/monitor/forward_timeout.h"

#include <inttypes.h>
#include <stdio.h>

#include "server/monitor/forward.h"

#define RULE_MAX 300
#define WHY_MAX (RULE_MAX + 80)

static bool
is_waiting(const struct forward *f)
{
    return f->state == FORWARD_RESOLVING || f->state == FORWARD_CONNECTING;
}

static uint64_t
limit_ms(const struct connection *c)
{
    return c->settings->connect_timeout_s.value * 1000;
}

static void
give_up(struct connection *c, struct forward *f)
{
    const struct number_setting *limit = &c->settings->connect_timeout_s;
    char rule[RULE_MAX], why[WHY_MAX];

    words_rule(&limit->from, rule, sizeof(rule));
    snprintf(why, sizeof(why),
             "not connected after %" PRIu64 " seconds, ConnectTimeout by %s",
             limit->value, rule);
    forward_time_out(c, f, why);
}

/* Give up who is late; 0, or when to look again. */
static uint64_t
sweep(struct connection *c, uint64_t now_ms)
{
    struct forward *next = NULL;

    for (struct forward *f = c->forwards->first; f != NULL; f = next) {
        uint64_t due_ms = f->began_ms + limit_ms(c);

        next = f->next;
        if (is_waiting(f) && due_ms > now_ms) {
            return due_ms; /* the oldest comes first */
        }
        if (is_waiting(f)) {
            give_up(c, f);
        }
    }
    return 0;
}

static void
on_time(uv_timer_t *timer)
{
    struct connection *c = timer->data;
    uint64_t now_ms = uv_now(timer->loop);
    uint64_t next_ms = sweep(c, now_ms);

    if (next_ms != 0) {
        uv_timer_start(timer, on_time, next_ms - now_ms, 0);
    }
}

void
forward_timeout_start(struct connection *c, struct forward *f)
{
    if (limit_ms(c) == 0) {
        return;
    }
    uv_update_time(&c->loop);
    f->began_ms = uv_now(&c->loop);
    if (!uv_is_active((uv_handle_t *)&c->connect_timer)) {
        uv_timer_start(&c->connect_timer, on_time, limit_ms(c), 0);
    }
}
