#include "server/monitor/grace.h"

#include "server/base/random.h"
#include "server/limits.h"

/* Before the proof PAM has no session that it would have to close. */
static void
on_over(uv_timer_t *timer)
{
    struct connection *c = timer->data;

    if (c->outcome.is_admitted) {
        connection_disconnect(c, DISCONNECT_BY_APPLICATION,
                              "the server needs too long to open a session");
        return;
    }
    c->outcome.is_late = true;
    c->has_said_end = true; /* the listener has the line */
    connection_end(c);
    children_kill_all(&c->children);
}

int
grace_start(struct connection *c)
{
    uint64_t seconds = c->settings->login_grace_time_s.value;
    int r = uv_timer_init(&c->loop, &c->grace);

    c->grace.data = c;
    if (r < 0 || seconds == 0 || c->has_no_grace_time) {
        return r;
    }
    return uv_timer_start(&c->grace, on_over,
                          seconds * 1000 + random_below(GRACE_JITTER_MS), 0);
}

void
grace_stop(struct connection *c)
{
    uv_timer_stop(&c->grace);
}
