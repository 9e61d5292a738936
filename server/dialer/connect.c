/* Happy Eyeballs: RFC 8305, sections 4 and 5. */
#include "server/dialer/connect.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "server/base/fd.h"
#include "server/base/shortage.h"
#include "server/base/tcp_connect.h"
#include "server/dialer/address_order.h"
#include "server/ipc/sockaddr.h"
#include "server/limits.h"

/* One address that is waited for; freed when its handle is closed. */
struct attempt {
    struct attempt *next, **link;
    struct dial *dial;
    uv_poll_t poll;
    int fd;
    uint32_t index;
};

/*
 * One dial.  Invariants: between callbacks it has an attempt, and its timer
 * runs exactly while there are addresses that were not tried; it is freed
 * with its report or cancelled, or with its timer's handle where it has one.
 */
struct dial {
    struct dial *next, **link;
    struct connect *owner;
    struct msg_connect want;
    uint8_t order[LIMIT_ADDRESSES];
    uint32_t tried; /* so many of order */
    struct attempt *attempts;
    uv_timer_t timer;
    bool has_timer;
    int error; /* of the attempt that failed last */
};

/* ---- attempts ---- */

static void
on_attempt_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Its socket stays open when it was taken before. */
static void
drop_attempt(struct attempt *a)
{
    *a->link = a->next;
    if (a->next != NULL) {
        a->next->link = a->link;
    }
    uv_close((uv_handle_t *)&a->poll, on_attempt_closed);
    fd_close(&a->fd);
}

static void on_writable(uv_poll_t *poll, int status, int events);

/* fd is taken when this succeeds. */
static int
add_attempt(struct dial *d, uint32_t index, int fd)
{
    struct attempt *a = calloc(1, sizeof(*a));
    int r;

    if (a == NULL) {
        return -ENOMEM;
    }
    r = uv_poll_init(d->owner->loop, &a->poll, fd);
    if (r < 0) {
        free(a);
        return r;
    }
    a->dial = d;
    a->fd = fd;
    a->index = index;
    a->poll.data = a;
    a->next = d->attempts;
    a->link = &d->attempts;
    if (a->next != NULL) {
        a->next->link = &a->next;
    }
    d->attempts = a;
    uv_poll_start(&a->poll, UV_WRITABLE, on_writable);
    return 0;
}

/* 0 with a connected socket, -EINPROGRESS when it is waited for, or why it
 * failed. */
static int
try_address(struct dial *d, uint32_t index, int *ret)
{
    struct sockaddr_storage sa;
    struct address address;
    socklen_t size;
    int r = msg_address_get(&d->want.addresses.list[index], &address);

    *ret = -1;
    if (r < 0) {
        return r;
    }
    size = sockaddr_write(&address, d->want.port, &sa);
    r = tcp_connect_socket(sa.ss_family, ret);
    if (r == 0) {
        r = tcp_connect_begin(*ret, (const struct sockaddr *)&sa, size);
    }
    if (r == -EINPROGRESS) {
        int watched = add_attempt(d, index, *ret);

        r = watched < 0 ? watched : r;
    }
    if (r < 0 && r != -EINPROGRESS) {
        fd_close(ret);
    }
    return r;
}

/* ---- dials ---- */

static void
on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Forget it, and all its attempts. */
static void
end_dial(struct dial *d)
{
    while (d->attempts != NULL) {
        drop_attempt(d->attempts);
    }
    *d->link = d->next;
    if (d->next != NULL) {
        d->next->link = d->link;
    }
    d->owner->count--;
    if (d->has_timer) {
        uv_close((uv_handle_t *)&d->timer, on_timer_closed);
    } else {
        free(d);
    }
}

static void
report(struct connect *c, const struct msg_connected *m, int fd)
{
    c->report(c->arg, m, fd);
}

static void
fail(struct dial *d)
{
    const struct msg_connected m = {.id = d->want.id, .error = d->error};
    struct connect *c = d->owner;

    end_dial(d);
    report(c, &m, -1);
}

static void
succeed(struct dial *d, uint32_t index, int fd)
{
    const struct msg_connected m = {.id = d->want.id, .index = index};
    struct connect *c = d->owner;

    end_dial(d);
    report(c, &m, fd);
}

static void on_delay(uv_timer_t *timer);

/* An attempt is under way: when will the next one be begun? */
static void
set_timer(struct dial *d)
{
    if (d->tried == d->want.addresses.count) {
        if (d->has_timer) {
            uv_timer_stop(&d->timer);
        }
        return;
    }
    if (!d->has_timer) {
        uv_timer_init(d->owner->loop, &d->timer);
        d->timer.data = d;
        d->has_timer = true;
    }
    uv_timer_start(&d->timer, on_delay, d->owner->delay_ms, 0);
}

/* Try addresses until there is one to wait for. */
static void
try_next(struct dial *d)
{
    while (d->tried < d->want.addresses.count) {
        uint32_t index = d->order[d->tried++];
        int fd = -1;
        int r = try_address(d, index, &fd);

        if (r == 0) {
            succeed(d, index, fd);
            return;
        }
        if (r == -EINPROGRESS) {
            break;
        }
        if (shortage_is(r) && d->attempts != NULL) {
            d->tried--; /* after the next delay there may be enough */
            break;
        }
        d->error = r;
    }
    if (d->attempts == NULL) {
        fail(d);
        return;
    }
    set_timer(d);
}

static void
on_delay(uv_timer_t *timer)
{
    try_next(timer->data);
}

static void
on_writable(uv_poll_t *poll, int status, int events)
{
    struct attempt *a = poll->data;
    struct dial *d = a->dial;
    int r = tcp_connect_result(a->fd, status);
    int fd = a->fd;

    (void)events;
    if (r == 0) {
        a->fd = -1;
        succeed(d, a->index, fd);
        return;
    }
    d->error = r;
    drop_attempt(a);
    try_next(d);
}

/* ---- the interface ---- */

void
connect_init(struct connect *c, uv_loop_t *loop, uint64_t delay_ms,
             connect_report_fn *fn, void *arg)
{
    *c = (struct connect){
        .loop = loop,
        .delay_ms = delay_ms,
        .report = fn,
        .arg = arg,
    };
}

static int
new_dial(struct connect *c, const struct msg_connect *m, struct dial **ret)
{
    struct dial *d = NULL;

    if (c->count >= LIMIT_DIALS) {
        return -EAGAIN;
    }
    d = calloc(1, sizeof(*d));
    if (d == NULL) {
        return -ENOMEM;
    }
    d->owner = c;
    d->want = *m;
    d->error = -EADDRNOTAVAIL; /* of an empty list */
    address_order(&m->addresses, d->order);
    d->next = c->dials;
    d->link = &c->dials;
    if (d->next != NULL) {
        d->next->link = &d->next;
    }
    c->dials = d;
    c->count++;
    *ret = d;
    return 0;
}

void
connect_start(struct connect *c, const struct msg_connect *m)
{
    struct msg_connected refused = {.id = m->id};
    struct dial *d = NULL;

    refused.error = new_dial(c, m, &d);
    if (refused.error < 0) {
        report(c, &refused, -1);
        return;
    }
    try_next(d);
}

void
connect_cancel(struct connect *c, uint32_t id)
{
    struct dial *next = NULL;

    for (struct dial *d = c->dials; d != NULL; d = next) {
        next = d->next;
        if (d->want.id == id) {
            end_dial(d);
        }
    }
}

void
connect_done(struct connect *c)
{
    while (c->dials != NULL) {
        end_dial(c->dials);
    }
}
