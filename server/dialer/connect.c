#include "server/dialer/connect.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/dialer/limits.h"
#include "server/ipc/sockaddr.h"

/*
 * One dial.  Invariants: between callbacks its poll handle is active or
 * closing, and fd is open; it goes on, or is freed, in on_closed() only.
 */
struct dial {
    struct dial *next;
    struct connect *owner;
    uv_poll_t poll;
    int fd;
    struct msg_connect want;
    uint32_t index; /* of the address that is being tried */
    int error;      /* of the last one */
    bool cancelled;
};

static void
unlink_dial(struct dial *d)
{
    struct dial **p = &d->owner->dials;

    while (*p != d) {
        p = &(*p)->next;
    }
    *p = d->next;
    d->owner->count--;
}

static void
finish(struct dial *d)
{
    const struct msg_connected m = {
        .id = d->want.id,
        .error = d->error,
        .index = d->error == 0 ? d->index : 0,
    };
    struct connect *c = d->owner;
    int fd = d->fd;

    unlink_dial(d);
    free(d);
    c->report(c->arg, &m, fd);
}

static void try_addresses(struct dial *d);

static void
on_closed(uv_handle_t *handle)
{
    struct dial *d = handle->data;

    if (d->cancelled) {
        fd_close(&d->fd);
        unlink_dial(d);
        free(d);
        return;
    }
    if (d->error == 0) {
        finish(d);
        return;
    }
    fd_close(&d->fd);
    d->index++;
    try_addresses(d);
}

static void
on_writable(uv_poll_t *poll, int status, int events)
{
    struct dial *d = poll->data;
    int error = 0;
    socklen_t size = sizeof(error);

    (void)events;
    if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
        error = errno;
    }
    /* libuv says EBADF for any error; the socket knows which. */
    d->error = error != 0 ? -error : status;
    uv_close((uv_handle_t *)poll, on_closed);
}

static int
watch(struct dial *d)
{
    int r = uv_poll_init(d->owner->loop, &d->poll, d->fd);

    if (r < 0) {
        return r;
    }
    d->poll.data = d;
    return uv_poll_start(&d->poll, UV_WRITABLE, on_writable);
}

static int
open_socket(int family, int *ret)
{
    int on = 1;

    *ret = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*ret < 0 ||
        setsockopt(*ret, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0) {
        return -errno;
    }
    return 0;
}

/* Returns 0 when connected, -EINPROGRESS when watched, else why it failed. */
static int
try_address(struct dial *d, const struct msg_address *to)
{
    struct sockaddr_storage sa;
    struct address address;
    socklen_t size;
    int r = msg_address_get(to, &address);

    if (r < 0) {
        return r;
    }
    size = sockaddr_write(&address, d->want.port, &sa);
    r = open_socket(sa.ss_family, &d->fd);
    if (r < 0) {
        return r;
    }
    if (connect(d->fd, (const struct sockaddr *)&sa, size) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        return -errno;
    }
    r = watch(d);
    return r < 0 ? r : -EINPROGRESS;
}

/* From d->index on, as far as it goes without waiting. */
static void
try_addresses(struct dial *d)
{
    for (; d->index < d->want.addresses.count; d->index++) {
        int r = try_address(d, &d->want.addresses.list[d->index]);

        if (r == -EINPROGRESS) {
            return;
        }
        d->error = r;
        if (r == 0) {
            break;
        }
        fd_close(&d->fd);
    }
    finish(d);
}

static void
report_error(struct connect *c, uint32_t id, int error)
{
    const struct msg_connected m = {.id = id, .error = error};

    c->report(c->arg, &m, -1);
}

void
connect_init(struct connect *c, uv_loop_t *loop, connect_report_fn *report,
             void *arg)
{
    *c = (struct connect){.loop = loop, .report = report, .arg = arg};
}

void
connect_start(struct connect *c, const struct msg_connect *m)
{
    struct dial *d = NULL;

    if (c->count >= DIALS_MAX) {
        report_error(c, m->id, -EAGAIN);
        return;
    }
    d = calloc(1, sizeof(*d));
    if (d == NULL) {
        report_error(c, m->id, -ENOMEM);
        return;
    }
    d->owner = c;
    d->fd = -1;
    d->want = *m;
    d->error = -EADDRNOTAVAIL; /* of an empty list */
    d->next = c->dials;
    c->dials = d;
    c->count++;
    try_addresses(d);
}

static void
cancel(struct dial *d)
{
    d->cancelled = true;
    if (!uv_is_closing((uv_handle_t *)&d->poll)) {
        uv_close((uv_handle_t *)&d->poll, on_closed);
    }
}

void
connect_cancel(struct connect *c, uint32_t id)
{
    for (struct dial *d = c->dials; d != NULL; d = d->next) {
        if (d->want.id == id) {
            cancel(d);
        }
    }
}

void
connect_done(struct connect *c)
{
    for (struct dial *d = c->dials; d != NULL; d = d->next) {
        cancel(d);
    }
}
