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

struct courier {
    uv_loop_t *loop;
    struct transport *transport;
    struct uvlink *link;
    int sync_link;
    int result;
    struct pace shortage;
    uv_timer_t rest; /* runs where the stack is short */
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
tell(void *arg, enum msg_type type, const void *body)
{
    struct courier *c = arg;

    uvlink_send(c->link, type, body, -1);
}

static void
on_gone(void *arg, uint32_t code, const char *text)
{
    struct courier *c = arg;
    const struct msg_disconnect m = {.code = code, .text = text};

    uvlink_send(c->link, MSG_PEER_GONE, &m, -1);
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
        uvlink_send(c->link, MSG_LOG, &m, -1);
    }
}

static void
on_rest(uv_timer_t *timer)
{
    (void)timer;
    stack_release();
}

static void
on_message(void *arg, struct frame *f)
{
    struct courier *c = arg;
    struct msg_id ping;

    note_shortage(c, f);

    if (f->type == MSG_PING) {
        if (frame_decode(f, &ping) == 0) {
            uvlink_send(c->link, MSG_PONG, &ping, -1);
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
    r = uv_timer_init(loop, &c->rest);
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
    return c->result;
}
