/*
 * Global requests (RFC 4254 sections 4 and 7.1).  Replies carry no number:
 * they are matched by order, so while the monitor binds a listener, later
 * requests wait.
 */
#include <errno.h>

#include "server/ssh/state.h"

enum {
    GLOBAL_REQUEST = 80,
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

static void
wait_for_answer(struct transport *t, bool wants_reply)
{
    t->global_waiting = true;
    t->global_wants_reply = wants_reply;
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
    wait_for_answer(t, wants_reply);
    t->global_is_cancel = cancel;
    transport_tell(t, cancel ? MSG_UNLISTEN : MSG_LISTEN, &m);
}

/* The same for Unix sockets, PROTOCOL section 2.4 of OpenSSH. */
static void
ask_path(struct transport *t, struct wire *w, bool cancel, bool wants_reply)
{
    struct msg_path m = {.wants_reply = wants_reply};

    m.path = wire_string(w);
    if (w->bad) {
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR,
                             "malformed global request");
        return;
    }
    m.id = t->next_id++;
    wait_for_answer(t, wants_reply);
    t->global_is_cancel = cancel;
    transport_tell(t, cancel ? MSG_UNLISTEN_PATH : MSG_LISTEN_PATH, &m);
}

/* hostkeys-prove-00@openssh.com: the blobs that follow, to be signed. */
static void
ask_proofs(struct transport *t, struct wire *w, bool wants_reply)
{
    const struct msg_prove m = {
        .id = t->next_id++,
        .list = {.data = w->p, .size = (size_t)(w->end - w->p)},
    };

    wait_for_answer(t, wants_reply);
    transport_tell(t, MSG_PROVE, &m);
}

static bool
is_listen(struct wire_bytes name, bool *ret_path, bool *ret_cancel)
{
    static const struct {
        const char *name;
        bool path, cancel;
    } names[] = {
        {"tcpip-forward", false, false},
        {"cancel-tcpip-forward", false, true},
        {"streamlocal-forward@openssh.com", true, false},
        {"cancel-streamlocal-forward@openssh.com", true, true},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (wire_bytes_are(name, names[i].name)) {
            *ret_path = names[i].path;
            *ret_cancel = names[i].cancel;
            return true;
        }
    }
    return false;
}

void
global_event(struct transport *t, const struct event *e)
{
    struct wire w = wire_over(e->bytes, e->size);
    struct wire_bytes name = wire_string(&w);
    bool wants_reply = wire_u8(&w) != 0;
    bool path = false, cancel = false;

    if (w.bad) {
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR,
                             "malformed global request");
    } else if (is_listen(name, &path, &cancel)) {
        (path ? ask_path : ask)(t, &w, cancel, wants_reply);
    } else if (wire_bytes_are(name, "hostkeys-prove-00@openssh.com")) {
        ask_proofs(t, &w, wants_reply);
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

int
global_receive_proofs(struct transport *t, struct frame *f)
{
    struct msg_prove m;
    uint8_t bytes[LIMIT_MESSAGE_BYTES];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    if (!t->global_waiting || frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    t->global_waiting = false;
    if (m.list.size == 0) {
        reply(t, t->global_wants_reply, false, 0);
        return 0;
    }
    wire_put_u8(&w, REQUEST_SUCCESS);
    wire_put_raw(&w, m.list.data, m.list.size);
    if (t->global_wants_reply) {
        transport_send(t, &w);
    }
    return 0;
}

void
global_announce_host_keys(struct transport *t)
{
    uint8_t bytes[LIMIT_MESSAGE_BYTES];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    wire_put_u8(&w, GLOBAL_REQUEST);
    wire_put_text(&w, "hostkeys-00@openssh.com");
    wire_put_u8(&w, 0);
    for (size_t i = 0; i < sizeof(t->host_keys) / sizeof(t->host_keys[0]);
         i++) {
        if (t->host_keys[i].size > 0) {
            wire_put_string(&w, t->host_keys[i].data, t->host_keys[i].size);
        }
    }
    transport_send(t, &w);
}
