/*
 * What the hooks see of the client's packets.  This runs inside libssh, so it
 * only records: events wait for transport.c to come to them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/limits.h"
#include "server/ssh/relay.h"
#include "server/ssh/state.h"
#include "server/ssh/terminal.h"

static enum hook_verdict
record(struct transport *t, struct events *queue, enum hook hook,
       struct wire_bytes payload)
{
    struct event *e = NULL;

    if (queue->count >= LIMIT_EVENTS || payload.size > LIMIT_AUTH_BYTES ||
        queue->size + payload.size > LIMIT_EVENTS_BYTES) {
        t->hostile = "too much waits for an answer";
        return HOOK_SWALLOW;
    }
    e = malloc(sizeof(*e) + payload.size);
    if (e == NULL) {
        t->hostile = "out of memory";
        return HOOK_SWALLOW;
    }
    e->next = NULL;
    e->hook = hook;
    e->size = payload.size;
    memcpy(e->bytes, payload.data, payload.size);
    *queue->tail = e;
    queue->tail = &e->next;
    queue->count++;
    queue->size += payload.size;
    return HOOK_SWALLOW;
}

/*
 * The first authentication request becomes a "none" request inside libssh,
 * whose message object is kept to answer them all; libssh parses no key, no
 * signature and no certificate of a stranger.
 */
static enum hook_verdict
record_auth(struct transport *t, struct wire_bytes payload,
            struct hook_replacement *replacement)
{
    struct wire_out w =
        wire_into(replacement->bytes, sizeof(replacement->bytes));

    record(t, &t->requests, HOOK_AUTH_REQUEST, payload);
    if (t->kept != NULL || t->requests.count != 1) {
        return HOOK_SWALLOW;
    }
    wire_put_text(&w, "any");
    wire_put_text(&w, "ssh-connection");
    wire_put_text(&w, "none");
    replacement->size = w.used;
    return HOOK_REPLACE;
}

static void
record_disconnect(struct transport *t, struct wire_bytes payload)
{
    struct wire w = wire_over(payload.data, payload.size);
    uint32_t code = wire_u32(&w);
    struct wire_bytes text = wire_string(&w);

    if (!w.bad) {
        t->gone_code = code == 0 ? DISCONNECT_BY_APPLICATION : code;
        snprintf(t->gone_text, sizeof(t->gone_text), "%.*s",
                 (int)(text.size < 200 ? text.size : 200),
                 (const char *)text.data);
    }
}

/*
 * A forward's data never gets into libssh, and neither does what arrives
 * behind our SSH_MSG_CHANNEL_CLOSE: libssh would grant a new window to a
 * channel that is no more.
 */
static enum hook_verdict
take_data(struct transport *t, struct wire_bytes payload, bool is_extended)
{
    struct wire w = wire_over(payload.data, payload.size);
    uint32_t channel = wire_u32(&w);
    struct wire_bytes data;

    if (is_extended) {
        wire_u32(&w);
    }
    data = wire_string(&w);
    if (w.bad) {
        t->hostile = "malformed channel data";
        return HOOK_SWALLOW;
    }
    return relay_take(t, channel, data, is_extended) ||
                   terminal_is_closing(t, channel)
               ? HOOK_SWALLOW
               : HOOK_PASS;
}

static enum hook_verdict
note_window(struct transport *t, struct wire_bytes payload)
{
    struct wire w = wire_over(payload.data, payload.size);

    relay_window_opened(t, wire_u32(&w));
    return HOOK_PASS;
}

/* Our forwarded-tcpip was taken, with packets of this size at most. */
static enum hook_verdict
record_confirmation(struct transport *t, struct wire_bytes payload)
{
    struct wire w = wire_over(payload.data, payload.size);
    uint32_t channel = wire_u32(&w);
    uint32_t packet_size;

    wire_u32(&w);
    wire_u32(&w);
    packet_size = wire_u32(&w);
    if (w.bad || packet_size < LIMIT_PACKET_MIN) {
        t->hostile = "absurd maximum packet size";
        return HOOK_SWALLOW;
    }
    relay_confirmed(t, channel);
    record(t, &t->answers, HOOK_OPEN_CONFIRMED, payload);
    return HOOK_PASS;
}

enum hook_verdict
inbound_packet(void *arg, enum hook hook, struct wire_bytes payload,
               struct hook_replacement *replacement)
{
    struct transport *t = arg;

    switch (hook) {
    case HOOK_AUTH_REQUEST:
        return record_auth(t, payload, replacement);
    case HOOK_AUTH_RESPONSE:
    case HOOK_GLOBAL_REQUEST:
        return record(t, &t->requests, hook, payload);
    case HOOK_CHANNEL_OPEN:
        return open_record(t, payload, replacement);
    case HOOK_OPEN_CONFIRMED:
        return record_confirmation(t, payload);
    case HOOK_OPEN_FAILED:
        record(t, &t->answers, hook, payload);
        return HOOK_PASS;
    case HOOK_DATA:
    case HOOK_EXTENDED_DATA:
        return take_data(t, payload, hook == HOOK_EXTENDED_DATA);
    case HOOK_WINDOW:
        return note_window(t, payload);
    case HOOK_DISCONNECT:
        record_disconnect(t, payload);
        return HOOK_PASS;
    case HOOK_SEND:
    case HOOK_POLL:
    case HOOK_READ:
    case HOOK_PACKET:
    case HOOK_INFLATE:
    case HOOK_WRITE:
    case HOOK_OUTPUT:
    case HOOK_RANDOM:
    case HOOK_SIGN:
    case HOOK_COUNT:
        break;
    }
    return HOOK_SWALLOW;
}
