#include "server/ipc/uvlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/shortage.h"
#include "server/limits.h"

/* A message that the socket would not take yet. */
struct waiting {
    struct waiting *next;
    int fd;
    size_t size;
    uint8_t bytes[];
};

/*
 * Invariants: head is NULL exactly when tail is; queued and queued_bytes
 * count the list; while it is not empty either writable is polled or retry
 * runs; after closing no callback is called.  Freed in on_closed() only.
 */
struct uvlink {
    uv_poll_t poll;
    uv_idle_t failing; /* reports a failed send from the loop */
    uv_timer_t retry;  /* of a send for which there was no memory */
    int fd;
    enum msg_route route;
    enum msg_phase phase;
    uvlink_message_fn *message;
    uvlink_end_fn *end;
    void *arg;
    struct waiting *head, *tail;
    size_t queued, queued_bytes;
    unsigned handles; /* still to be closed */
    int failure;
    bool closing;
};

static void on_ready(uv_poll_t *poll, int status, int events);

static void
drop_queue(struct uvlink *link)
{
    while (link->head != NULL) {
        struct waiting *w = link->head;

        link->head = w->next;
        if (w->fd >= 0) {
            close(w->fd);
        }
        explicit_bzero(w->bytes, w->size);
        free(w);
    }
    link->tail = NULL;
    link->queued = link->queued_bytes = 0;
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
    link->closing = true;
    drop_queue(link);
    uv_poll_stop(&link->poll);
    uv_close((uv_handle_t *)&link->poll, on_closed);
    uv_close((uv_handle_t *)&link->failing, on_closed);
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
    uv_poll_stop(&link->poll);
    uv_idle_stop(&link->failing);
    uv_timer_stop(&link->retry);
    end(link->arg, why);
}

static void
on_failing(uv_idle_t *idle)
{
    struct uvlink *link = idle->data;

    end_link(link, link->failure);
}

/* Report from the loop, never from inside uvlink_send(). */
static int
fail_later(struct uvlink *link, int why)
{
    if (link->failure == 0) {
        link->failure = why;
        uv_idle_start(&link->failing, on_failing);
    }
    return why;
}

static void
watch(struct uvlink *link)
{
    int events = UV_READABLE | UV_DISCONNECT;

    if (link->head != NULL && !uv_is_active((uv_handle_t *)&link->retry)) {
        events |= UV_WRITABLE;
    }
    uv_poll_start(&link->poll, events, on_ready);
}

static void
on_retry(uv_timer_t *timer)
{
    watch(timer->data);
}

/* The socket has room, so to wait for that would be to spin. */
static void
retry_later(struct uvlink *link)
{
    uv_timer_start(&link->retry, on_retry, LINK_RETRY_MS, 0);
    watch(link);
}

static void
flush_queue(struct uvlink *link)
{
    while (link->head != NULL) {
        struct waiting *w = link->head;
        int r = link_send_bytes(link->fd, w->bytes, w->size, w->fd);

        if (r == -EAGAIN) {
            return;
        }
        if (shortage_is(r)) {
            retry_later(link);
            return;
        }
        if (r < 0) {
            fail_later(link, r);
            return;
        }
        link->head = w->next;
        if (link->head == NULL) {
            link->tail = NULL;
        }
        link->queued--;
        link->queued_bytes -= w->size;
        if (w->fd >= 0) {
            close(w->fd);
        }
        explicit_bzero(w->bytes, w->size);
        free(w);
    }
    watch(link);
}

/* Returns true when there may be more: only the budget is used up. */
static bool
receive(struct uvlink *link)
{
    struct frame f;

    for (int i = 0; i < LIMIT_LINK_ROUND && !link->closing && link->end != NULL;
         i++) {
        int r = link_recv(link->fd, link->route, link->phase, &f);

        if (r == -EAGAIN) {
            return false;
        }
        if (r < 0 && r != -EMFILE) {
            end_link(link, r);
            return false;
        }
        link->message(link->arg, &f);
        if (f.fd >= 0) {
            close(f.fd);
        }
        explicit_bzero(f.body, f.size);
    }
    return !link->closing && link->end != NULL;
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
        flush_queue(link);
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
    uv_idle_init(loop, &link->failing);
    uv_timer_init(loop, &link->retry);
    link->poll.data = link->failing.data = link->retry.data = link;
    link->handles = 3;
    watch(link);
    *ret = link;
    return 0;
}

void
uvlink_set_phase(struct uvlink *link, enum msg_phase phase)
{
    link->phase = phase;
}

static int
enqueue(struct uvlink *link, const uint8_t *bytes, size_t size, int fd)
{
    struct waiting *w = NULL;

    if (link->queued >= LIMIT_LINK_MESSAGES ||
        link->queued_bytes + size > LIMIT_LINK_BYTES) {
        return -ENOBUFS;
    }
    w = malloc(sizeof(*w) + size);
    if (w == NULL) {
        return -ENOMEM;
    }
    w->next = NULL;
    w->fd = fd;
    w->size = size;
    memcpy(w->bytes, bytes, size);
    if (link->tail != NULL) {
        link->tail->next = w;
    } else {
        link->head = w;
    }
    link->tail = w;
    link->queued++;
    link->queued_bytes += size;
    watch(link);
    return 0;
}

int
uvlink_send(struct uvlink *link, enum msg_type type, const void *body, int fd)
{
    uint8_t bytes[LIMIT_MESSAGE_BYTES];
    long size = msg_encode(type, body, bytes, sizeof(bytes));
    int r = size < 0 ? (int)size : -EAGAIN;
    bool is_short = false;

    if (link->closing || link->failure != 0) {
        r = -EPIPE;
    } else if (size >= 0 && link->head == NULL) {
        r = link_send_bytes(link->fd, bytes, (size_t)size, fd);
        is_short = shortage_is(r);
    }
    if (r == -EAGAIN || is_short) {
        r = enqueue(link, bytes, (size_t)size, fd);
        if (r == 0) {
            fd = -1; /* the queue has it */
        }
        if (r == 0 && is_short) {
            retry_later(link);
        }
    }
    if (size > 0) {
        explicit_bzero(bytes, (size_t)size);
    }
    if (fd >= 0) {
        close(fd);
    }
    return r < 0 && r != -EMSGSIZE && r != -EPIPE ? fail_later(link, r) : r;
}

size_t
uvlink_queued(const struct uvlink *link)
{
    return link->queued;
}
