#include "server/ipc/uvlink.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/shortage.h"
#include "server/ipc/outbox.h"
#include "server/limits.h"

/*
 * Invariants: while out holds messages exactly one of these waits to send
 * them: soon and check (they were held since the last time that the loop
 * looked for events), the poll for UV_WRITABLE (is_blocked), or retry.  After
 * closing no callback is called.  Freed in on_closed() only.
 */
struct uvlink {
    uv_poll_t poll;
    uv_idle_t soon;   /* sends before the loop sleeps, reports a failure */
    uv_check_t check; /* sends what the events of an iteration brought about */
    uv_timer_t retry; /* of a send for which there was no memory */
    int fd;
    enum msg_route route;
    enum msg_phase phase;
    uvlink_message_fn *message;
    uvlink_end_fn *end;
    void *arg;
    struct outbox out;
    unsigned handles; /* still to be closed */
    int failure;
    bool is_blocked; /* the socket took no more */
    bool is_deaf;    /* the peer is gone: its last words may still come */
    bool closing;
};

static void on_ready(uv_poll_t *poll, int status, int events);
static void on_soon(uv_idle_t *idle);
static void on_retry(uv_timer_t *timer);

/* Has the socket refused what there is? */
static bool
is_waiting(const struct uvlink *link)
{
    return link->is_blocked || uv_is_active((const uv_handle_t *)&link->retry);
}

static void
on_closed(uv_handle_t *handle)
{
    struct uvlink *link = handle->data;

    if (--link->handles == 0) {
        free(link);
    }
}

void
uvlink_close(struct uvlink *link)
{
    if (link == NULL || link->closing) {
        return;
    }
    if (!is_waiting(link) && link->failure == 0) {
        outbox_send(&link->out, link->fd);
    }
    link->closing = true;
    outbox_clear(&link->out);
    uv_poll_stop(&link->poll);
    uv_close((uv_handle_t *)&link->poll, on_closed);
    uv_close((uv_handle_t *)&link->soon, on_closed);
    uv_close((uv_handle_t *)&link->check, on_closed);
    uv_close((uv_handle_t *)&link->retry, on_closed);
    close(link->fd);
    link->fd = -1;
}

static void
end_link(struct uvlink *link, int why)
{
    uvlink_end_fn *end = link->end;

    if (link->closing || end == NULL) {
        return;
    }
    link->end = NULL;
    outbox_clear(&link->out);
    uv_poll_stop(&link->poll);
    uv_idle_stop(&link->soon);
    uv_check_stop(&link->check);
    uv_timer_stop(&link->retry);
    end(link->arg, why);
}

/* Report from the loop, never from inside uvlink_send(). */
static int
fail_later(struct uvlink *link, int why)
{
    if (link->failure == 0) {
        link->failure = why;
        uv_check_stop(&link->check);
        uv_idle_start(&link->soon, on_soon);
    }
    return why;
}

static void
watch(struct uvlink *link)
{
    int events = UV_READABLE | UV_DISCONNECT;

    if (link->is_blocked) {
        events |= UV_WRITABLE;
    }
    uv_poll_start(&link->poll, events, on_ready);
}

static void
set_blocked(struct uvlink *link, bool is_blocked)
{
    if (link->is_blocked != is_blocked) {
        link->is_blocked = is_blocked;
        watch(link);
    }
}

static void
send_out(struct uvlink *link)
{
    int r = outbox_send(&link->out, link->fd);

    uv_idle_stop(&link->soon);
    uv_check_stop(&link->check);
    set_blocked(link, r == -EAGAIN);
    if (shortage_is(r)) {
        /* The socket has room, so to wait for that would be to spin. */
        uv_timer_start(&link->retry, on_retry, LINK_RETRY_MS, 0);
    } else if (r == -EPIPE) {
        link->is_deaf = true;
        outbox_clear(&link->out);
    } else if (r < 0 && r != -EAGAIN) {
        fail_later(link, r);
    }
}

static void
on_soon(uv_idle_t *idle)
{
    struct uvlink *link = idle->data;

    if (link->failure != 0) {
        end_link(link, link->failure);
    } else {
        send_out(link);
    }
}

static void
on_check(uv_check_t *check)
{
    send_out(check->data);
}

static void
on_retry(uv_timer_t *timer)
{
    send_out(timer->data);
}

/* Nothing waits for the next event, wherever in an iteration we are. */
static void
send_soon(struct uvlink *link)
{
    if (!is_waiting(link)) {
        uv_idle_start(&link->soon, on_soon);
        uv_check_start(&link->check, on_check);
    }
}

void
uvlink_flush(struct uvlink *link)
{
    if (link->out.head != NULL && link->failure == 0 && !is_waiting(link)) {
        send_out(link);
    }
}

void
uvlink_drain(struct uvlink *link)
{
    struct pollfd ready = {.fd = link->fd, .events = POLLOUT};
    int r = 1;

    uvlink_flush(link);
    while (link->is_blocked && link->out.head != NULL && r > 0) {
        do {
            r = poll(&ready, 1, LINK_PATIENCE_MS);
        } while (r < 0 && errno == EINTR);
        if (r > 0) {
            send_out(link);
        }
    }
}

/*
 * Returns true when there may be more.  A lone message is rarely followed by
 * others: to look would be a call of the kernel for nothing.
 */
static bool
receive(struct uvlink *link)
{
    struct frame f;
    bool is_lone = false;

    frame_init(&f);
    for (int i = 0; frame_has_more(&f) || (i < LIMIT_LINK_ROUND && !is_lone);
         i++) {
        bool is_first = !frame_has_more(&f);
        int r = link_recv(link->fd, link->route, link->phase, &f);

        if (r == -EAGAIN) {
            return false;
        }
        if (r < 0 && r != -EMFILE) {
            end_link(link, r);
            return false;
        }
        is_lone = is_first && !frame_has_more(&f);
        link->message(link->arg, &f);
        fd_close(&f.fd);
        explicit_bzero(f.body, f.size);
        if (link->closing || link->end == NULL) {
            frame_drop_rest(&f);
            return false;
        }
    }
    return true;
}

/*
 * The peer closed while messages of ours were unread: libuv calls that EBADF
 * and stops polling.  What the peer had to say before is still there.
 */
static void
receive_rest(struct uvlink *link)
{
    while (receive(link)) {
    }
    end_link(link, -EPIPE);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
    struct uvlink *link = poll->data;

    if (status < 0) {
        receive_rest(link);
        return;
    }
    if ((events & UV_WRITABLE) != 0) {
        send_out(link);
    }
    if ((events & (UV_READABLE | UV_DISCONNECT)) != 0) {
        receive(link);
    }
}

int
uvlink_new(uv_loop_t *loop, int fd, enum msg_route route,
           uvlink_message_fn *message, uvlink_end_fn *end, void *arg,
           struct uvlink **ret)
{
    struct uvlink *link = calloc(1, sizeof(*link));
    int r;

    if (link == NULL) {
        close(fd);
        return -ENOMEM;
    }
    link->fd = fd;
    link->route = route;
    link->phase = PHASE_AUTH;
    link->message = message;
    link->end = end;
    link->arg = arg;
    r = uv_poll_init(loop, &link->poll, fd);
    if (r < 0) {
        close(fd);
        free(link);
        return r;
    }
    uv_idle_init(loop, &link->soon);
    uv_check_init(loop, &link->check);
    uv_timer_init(loop, &link->retry);
    link->poll.data = link->soon.data = link->check.data = link->retry.data =
        link;
    link->handles = 4;
    watch(link);
    *ret = link;
    return 0;
}

void
uvlink_set_phase(struct uvlink *link, enum msg_phase phase)
{
    link->phase = phase;
}

/* There is no memory to hold it: nothing is before it, so it can leave now. */
static int
send_alone(struct uvlink *link, uint8_t *bytes, size_t size, int *fd)
{
    int r = link->out.head != NULL ? -ENOMEM : 0;

    if (r == 0) {
        datagram_put_head(bytes, size, *fd >= 0);
        r = link_send_datagram(link->fd, bytes, DATAGRAM_HEAD + size, fd,
                               *fd >= 0 ? 1 : 0);
    }
    if (r == 0) {
        fd_close(fd);
    }
    return r;
}

/* bytes have room for a head before the message.  Takes *fd on success. */
static int
enqueue(struct uvlink *link, uint8_t *bytes, size_t size, int *fd)
{
    int r = 0;

    if (!outbox_fits(&link->out, size, *fd >= 0)) {
        uvlink_flush(link);
    }
    if (link->is_deaf || link->failure != 0) {
        return -EPIPE;
    }
    r = outbox_add(&link->out, bytes + DATAGRAM_HEAD, size, *fd);
    if (r == -ENOMEM) {
        return send_alone(link, bytes, size, fd);
    }
    if (r < 0) {
        return r;
    }
    *fd = -1;
    send_soon(link);
    return 0;
}

int
uvlink_send(struct uvlink *link, enum msg_type type, const void *body, int fd)
{
    uint8_t bytes[LIMIT_MESSAGE_BYTES];
    long size = msg_encode(type, body, bytes + DATAGRAM_HEAD,
                           sizeof(bytes) - DATAGRAM_HEAD);
    int r = size < 0 ? (int)size : 0;

    if (link->closing || link->end == NULL) {
        r = -EPIPE;
    }
    if (r == 0) {
        r = enqueue(link, bytes, (size_t)size, &fd);
        if (r < 0 && r != -EPIPE) {
            fail_later(link, r);
        }
    }
    if (size > 0) {
        explicit_bzero(bytes, DATAGRAM_HEAD + (size_t)size);
    }
    fd_close(&fd);
    return r;
}

size_t
uvlink_queued(const struct uvlink *link)
{
    return is_waiting(link) ? link->out.messages : 0;
}
