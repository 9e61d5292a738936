/*
 * Global requests (RFC 4254 sections 4 and 7.1).  Replies carry no number:
 * they are matched by order, so while the monitor binds a listener, later
 * requests wait.
 */
#include <errno.h>

#include "server/ssh/state.h"

enum {
    REQUEST_SUCCESS = 81,
    REQUEST_FAILURE = 82,
};

static void
reply(struct transport *t, bool wanted, bool ok, uint32_t port)
{
    uint8_t bytes[8];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    if (!wanted) {
        return;
    }
    wire_put_u8(&w, ok ? REQUEST_SUCCESS : REQUEST_FAILURE);
    if (ok && port != 0) {
        wire_put_u32(&w, port);
    }
    transport_send(t, &w);
}

/* tcpip-forward and cancel-tcpip-forward: the monitor's business. */
static void
ask(struct transport *t, struct wire *w, bool cancel, bool wants_reply)
{
    struct msg_listen m = {.wants_reply = wants_reply};

    m.host = wire_string(w);
    m.port = wire_u32(w);
    if (w->bad) {
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR,
                             "malformed global request");
        return;
    }
    m.id = t->next_id++;
    t->global_waiting = true;
    t->global_wants_reply = wants_reply;
    t->global_is_cancel = cancel;
    transport_tell(t, cancel ? MSG_UNLISTEN : MSG_LISTEN, &m);
}

void
global_event(struct transport *t, const struct event *e)
{
    struct wire w = wire_over(e->bytes, e->size);
    struct wire_bytes name = wire_string(&w);
    bool wants_reply = wire_u8(&w) != 0;

    if (w.bad) {
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR,
                             "malformed global request");
    } else if (wire_bytes_are(name, "tcpip-forward")) {
        ask(t, &w, false, wants_reply);
    } else if (wire_bytes_are(name, "cancel-tcpip-forward")) {
        ask(t, &w, true, wants_reply);
    } else if (wire_bytes_are(name, "no-more-sessions@openssh.com")) {
        t->no_more_sessions = true;
        reply(t, wants_reply, true, 0);
    } else {
        reply(t, wants_reply, false, 0);
    }
}

int
global_receive(struct transport *t, struct frame *f)
{
    struct msg_listen_done m;

    if (!t->global_waiting || frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    t->global_waiting = false;
    reply(t, t->global_wants_reply, m.ok != 0,
          t->global_is_cancel ? 0 : m.port);
    return 0;
}
