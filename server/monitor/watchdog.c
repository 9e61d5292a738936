/* A session that loops or hangs must not hold a connection for ever. */
#include "server/monitor/watchdog.h"

#include <errno.h>
#include <stdlib.h>

#include "server/base/stack.h"
#include "server/limits.h"

struct watchdog {
    struct connection *c;
    uv_timer_t timer;
    uint32_t pings;
    unsigned unanswered; /* counted, so that a pause of ours is no fault */
};

static void
on_timer(uv_timer_t *timer)
{
    struct watchdog *w = timer->data;
    struct msg_id ping = {.id = ++w->pings};

    if (w->unanswered >= LIMIT_PINGS) {
        connection_breach(w->c, "the session does not answer");
        return;
    }
    w->unanswered++;
    connection_send(w->c, MSG_PING, &ping, -1);
    stack_release();
}

int
watchdog_start(struct connection *c)
{
    struct watchdog *w = calloc(1, sizeof(*w));
    int r = 0;

    if (w == NULL) {
        return -ENOMEM;
    }
    w->c = c;
    w->timer.data = w;
    c->watchdog = w;
    r = uv_timer_init(&c->loop, &w->timer);
    if (r == 0) {
        r = uv_timer_start(&w->timer, on_timer, PING_INTERVAL_MS,
                           PING_INTERVAL_MS);
    }
    return r;
}

void
watchdog_login(struct watchdog *w)
{
    uv_timer_start(&w->timer, on_timer, PING_LOGIN_MS, PING_INTERVAL_MS);
}

void
watchdog_pong(struct watchdog *w)
{
    w->unanswered = 0;
}

void
watchdog_stop(struct watchdog *w)
{
    if (w != NULL) {
        uv_timer_stop(&w->timer);
    }
}

void
watchdog_free(struct watchdog *w)
{
    free(w);
}
