/*
 * What a connection is watched for once somebody is logged in: a client that
 * fell silent (ClientAliveInterval), forwards without traffic (ChannelTimeout)
 * and connections without any (UnusedConnectionTimeout).  One timer a second,
 * and only when one of them is asked for.
 */
#include <stdio.h>

#include "server/ssh/relay.h"
#include "server/ssh/relay_rate.h"
#include "server/ssh/state.h"

#define TICK_MS 1000
#define GLOBAL_REQUEST 80

/* keepalive@openssh.com with a reply wanted: any answer will do. */
static void
probe(struct transport *t)
{
    uint8_t bytes[64];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    wire_put_u8(&w, GLOBAL_REQUEST);
    wire_put_text(&w, "keepalive@openssh.com");
    wire_put_u8(&w, 1);
    transport_send(t, &w);
}

/* Whatever the client sends shows that it lives. */
static void
watch_silence(struct transport *t, uint64_t now_ms)
{
    const struct terms *terms = &t->terms;

    if (t->socket_bytes.in_bytes != t->heard_bytes) {
        t->heard_bytes = t->socket_bytes.in_bytes;
        t->heard_ms = now_ms;
        t->unanswered = 0;
        return;
    }
    if (terms->alive_interval_ms == 0 ||
        now_ms - t->heard_ms < terms->alive_interval_ms) {
        return;
    }
    if (terms->alive_count_max != 0 &&
        t->unanswered >= terms->alive_count_max) {
        transport_finish(t, TRANSPORT_CLIENT_SILENT);
        return;
    }
    t->unanswered++;
    t->heard_ms = now_ms; /* until the next probe */
    probe(t);
}

static void
watch_unused(struct transport *t, uint64_t now_ms)
{
    if (t->terms.unused_timeout_ms == 0) {
        return;
    }
    if (relay_count_open(t) > 0 || t->terminals != NULL) {
        t->unused_ms = 0;
    } else if (t->unused_ms == 0) {
        t->unused_ms = now_ms;
    } else if (now_ms - t->unused_ms >= t->terms.unused_timeout_ms) {
        transport_finish(t, TRANSPORT_UNUSED);
    }
}

static void
on_second(uv_timer_t *timer)
{
    struct transport *t = timer->data;
    uint64_t now_ms = uv_now(timer->loop);

    relay_expire(t, now_ms);
    watch_unused(t, now_ms);
    watch_silence(t, now_ms);
}

static bool
has_idle_times(const struct terms *terms)
{
    bool any = terms->global_timeout_ms != 0;

    for (int kind = 0; kind < CHANNEL_KIND_COUNT; kind++) {
        any = any || terms->idle_timeout_ms[kind] != 0;
    }
    return any;
}

void
watch_start(struct transport *t, const struct msg_terms *m)
{
    struct terms *terms = &t->terms;

    terms->alive_interval_ms = m->alive_interval * 1000ULL;
    terms->alive_count_max = m->alive_count_max;
    terms->max_sessions = m->max_sessions;
    terms->unused_timeout_ms = m->unused_timeout * 1000ULL;
    terms->global_timeout_ms = m->global_timeout * 1000ULL;
    for (int kind = 0; kind < CHANNEL_KIND_COUNT; kind++) {
        terms->idle_timeout_ms[kind] = m->idle_timeout[kind] * 1000ULL;
    }
    relay_rate_start(t, m->forward_rate);
    t->relays.pool = (struct window_pool){
        .most = m->window_each,
        .total = m->window_total,
    };
    t->heard_ms = t->moved_ms = uv_now(t->prepare.loop);
    t->unused_ms = t->heard_ms;
    if (terms->alive_interval_ms != 0 || terms->unused_timeout_ms != 0 ||
        has_idle_times(terms)) {
        uv_timer_start(&t->second, on_second, TICK_MS, TICK_MS);
    }
}

void
watch_stop(struct transport *t)
{
    uv_timer_stop(&t->second);
}
