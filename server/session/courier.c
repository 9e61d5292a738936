#include "server/session/courier.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/pace.h"
#include "server/base/stack.h"
#include "server/ipc/uvlink.h"
#include "server/ssh/hooks.h"
#include "server/ssh/transport.h"

#define CLOSED_MAX 64 /* reports that wait */
#define CLOSED_MS 5   /* for another message to go with */

/*
 * Invariant: closed_timer runs exactly while closed_count is not 0.
 */
struct courier {
    uv_loop_t *loop;
    struct transport *transport;
    struct uvlink *link;
    int sync_link;
    int result;
    struct pace shortage;
    uv_timer_t rest;    /* runs where the stack is short */
    uv_prepare_t leave; /* after transport's: all that was posted goes out */
    struct msg_forward_closed closed[CLOSED_MAX];
    size_t closed_count;
    uv_timer_t closed_timer;
};

static void
stop(struct courier *c, int result)
{
    if (c->result == 0) {
        c->result = result;
    }
    uv_stop(c->loop);
}

static void
send_closed(struct courier *c)
{
    for (size_t i = 0; i < c->closed_count; i++) {
        uvlink_send(c->link, MSG_FORWARD_CLOSED, &c->closed[i], -1);
    }
    c->closed_count = 0;
    uv_timer_stop(&c->closed_timer);
}

static void
on_closed_time(uv_timer_t *timer)
{
    send_closed(timer->data);
}

/* Its report need not wake the monitor up by itself. */
static void
hold_closed(struct courier *c, const struct msg_forward_closed *m)
{
    if (c->closed_count == 0) {
        uv_timer_start(&c->closed_timer, on_closed_time, CLOSED_MS, 0);
    }
    c->closed[c->closed_count++] = *m;
    if (c->closed_count == CLOSED_MAX) {
        send_closed(c);
    }
}

static void
post(struct courier *c, enum msg_type type, const void *body)
{
    send_closed(c);
    uvlink_send(c->link, type, body, -1);
}

static void
tell(void *arg, enum msg_type type, const void *body)
{
    if (type == MSG_FORWARD_CLOSED) {
        hold_closed(arg, body);
    } else {
        post(arg, type, body);
    }
}

static void
on_gone(void *arg, uint32_t code, const char *text)
{
    struct courier *c = arg;
    const struct msg_disconnect m = {.code = code, .text = text};

    post(c, MSG_PEER_GONE, &m);
    stop(c, 0);
}

/* A call to the monitor: libssh waits for the signature. */
static bool
sign(void *arg, uint8_t key, uint32_t digest, struct wire_bytes hash,
     uint8_t *ret, size_t *ret_size)
{
    struct courier *c = arg;
    const struct msg_sign m = {.key = key, .digest = digest, .hash = hash};
    struct pollfd ready = {.fd = c->sync_link, .events = POLLIN};
    struct msg_signed answer;
    struct frame f;

    uvlink_flush(c->link);
    frame_init(&f);
    if (link_send(c->sync_link, MSG_SIGN, &m, -1) < 0) {
        return false;
    }
    while (poll(&ready, 1, -1) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    if (link_recv(c->sync_link, ROUTE_SYNC_TO_SESSION, PHASE_ANY, &f) < 0 ||
        frame_decode(&f, &answer) < 0 || answer.signature.size == 0 ||
        answer.signature.size > *ret_size) {
        return false;
    }
    memcpy(ret, answer.signature.data, answer.signature.size);
    *ret_size = answer.signature.size;
    return true;
}

/* What should have come with a socket, and we have no descriptor for it. */
static void
note_shortage(struct courier *c, const struct frame *f)
{
    const struct msg_log m = {.text = "no descriptor left for a forward"};
    unsigned held_back = 0;

    if (f->fd < 0 && msg_carries_fd(f->type) &&
        pace_allows(&c->shortage, uv_now(c->loop), &held_back)) {
        post(c, MSG_LOG, &m);
    }
}

static void
on_rest(uv_timer_t *timer)
{
    (void)timer;
    stack_release();
}

static void
on_leave(uv_prepare_t *prepare)
{
    struct courier *c = prepare->data;

    uvlink_flush(c->link);
}

static void
on_message(void *arg, struct frame *f)
{
    struct courier *c = arg;
    struct msg_id ping;

    note_shortage(c, f);

    if (f->type == MSG_PING) {
        if (frame_decode(f, &ping) == 0) {
            post(c, MSG_PONG, &ping);
            uv_timer_start(&c->rest, on_rest, 0, 0);
        }
        return;
    }
    if (f->type == MSG_AUTH_SUCCESS) {
        uvlink_set_phase(c->link, PHASE_READY);
    }
    if (transport_receive(c->transport, f) < 0) {
        stop(c, -EPROTO);
    }
}

static void
on_end(void *arg, int why)
{
    stop(arg, why);
}

int
courier_new(uv_loop_t *loop, int client, int async_link, int sync_link,
            const struct msg_setup *setup, struct courier **ret)
{
    struct courier *c = calloc(1, sizeof(*c));
    struct transport_owner owner = {.tell = tell, .gone = on_gone};
    int r;

    if (c == NULL) {
        return -ENOMEM;
    }
    c->loop = loop;
    c->sync_link = sync_link;
    owner.arg = c;
    c->closed_timer.data = c->leave.data = c;
    r = uv_timer_init(loop, &c->rest);
    if (r == 0) {
        r = uv_timer_init(loop, &c->closed_timer);
    }
    if (r == 0) {
        r = uv_prepare_init(loop, &c->leave);
    }
    if (r == 0) { /* libuv calls first who started last */
        r = uv_prepare_start(&c->leave, on_leave);
    }
    if (r == 0) {
        r = transport_new(loop, client, setup, &owner, &c->transport);
    }
    if (r == 0) {
        r = uvlink_new(loop, async_link, ROUTE_MONITOR_TO_SESSION, on_message,
                       on_end, c, &c->link);
    }
    if (r < 0) {
        free(c);
        return r;
    }
    hooks_set_sign(sign, c);
    *ret = c;
    return 0;
}

int
courier_run(struct courier *c)
{
    if (transport_start(c->transport) == 0) {
        uv_run(c->loop, UV_RUN_DEFAULT);
    }
    send_closed(c);
    uvlink_drain(c->link); /* thousands of reports do not fit at once */
    return c->result;
}
