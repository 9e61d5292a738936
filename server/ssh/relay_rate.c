/* Between the bucket, which knows no clock, and the relays. */
#include "server/ssh/relay_rate.h"

#include "server/ssh/relay_state.h"

typedef void move_fn(struct relay *r);

static void
move_up(struct relay *r)
{
    if (r->fd >= 0) {
        relay_write_target(r);
    }
}

/* All of its part: one read takes less than a large rate deals out. */
static void
move_down(struct relay *r)
{
    uint64_t before = 0;

    do {
        before = r->down;
        if (r->fd >= 0 && !r->target_eof && !r->offered) {
            relay_read_target(r);
        }
    } while (r->rate_down.granted > 0 && r->down != before);
}

/* One round: whoever waited at its beginning gets a part, once. */
static void
deal(struct rate *rate, uint64_t now_ms, move_fn *move)
{
    for (size_t left = rate_begin_round(rate); left > 0; left--) {
        struct rate_ticket *ticket = rate_deal(rate, left, now_ms);

        if (ticket == NULL) {
            return;
        }
        move(ticket->owner);
        rate_settle(rate, ticket);
        relay_rearm(ticket->owner);
    }
}

static void on_tick(uv_timer_t *timer);

static void
set_timer(struct transport *t)
{
    bool is_needed = t->rate_up.waiting > 0 || t->rate_down.waiting > 0;

    if (is_needed && !t->over && !uv_is_active((uv_handle_t *)&t->rate_timer)) {
        uv_timer_start(&t->rate_timer, on_tick, rate_tick_ms(&t->rate_up), 0);
    }
}

static void
on_tick(uv_timer_t *timer)
{
    struct transport *t = timer->data;
    uint64_t now_ms = uv_now(timer->loop);

    deal(&t->rate_up, now_ms, move_up);
    deal(&t->rate_down, now_ms, move_down);
    set_timer(t);
}

void
relay_rate_start(struct transport *t, uint64_t bytes_per_s)
{
    uint64_t now_ms = uv_now(t->prepare.loop);

    rate_init(&t->rate_up, bytes_per_s, now_ms);
    rate_init(&t->rate_down, bytes_per_s, now_ms);
}

void
relay_rate_stop(struct transport *t)
{
    uv_timer_stop(&t->rate_timer);
}

static size_t
take(struct relay *r, struct rate *rate, struct rate_ticket *ticket,
     size_t want)
{
    size_t n = 0;

    ticket->owner = r;
    n = rate_take(rate, ticket, want, uv_now(r->t->prepare.loop));
    if (n == 0) {
        set_timer(r->t);
    }
    return n;
}

size_t
relay_rate_up(struct relay *r, size_t want)
{
    return take(r, &r->t->rate_up, &r->rate_up, want);
}

size_t
relay_rate_down(struct relay *r, size_t want)
{
    return take(r, &r->t->rate_down, &r->rate_down, want);
}

void
relay_rate_up_unused(struct relay *r, size_t bytes)
{
    rate_give_back(&r->t->rate_up, bytes);
}

void
relay_rate_down_unused(struct relay *r, size_t bytes)
{
    rate_give_back(&r->t->rate_down, bytes);
}

void
relay_rate_leave(struct relay *r)
{
    rate_leave(&r->t->rate_up, &r->rate_up);
    rate_leave(&r->t->rate_down, &r->rate_down);
}
