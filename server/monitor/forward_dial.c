/*
 * The user's packets leave from the user's sockets: rules of the kernel look
 * at who made one, by uid or by cgroup.  So this process connects, but what
 * it connects is the dialer's.  Whoever has taken that over may have kept a
 * copy, and share all that can be switched: it is made non-blocking here, and
 * a connect that blocks all the same is interrupted.
 */
#include "server/monitor/forward_dial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fd.h"
#include "server/base/interrupt.h"
#include "server/base/tcp_connect.h"
#include "server/ipc/sockaddr.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/forward.h"
#include "server/monitor/forward_open.h"
#include "server/monitor/forward_socket.h"
#include "server/monitor/socket_stock.h"

/*
 * Invariants: waiting counts the forwards that have a wait; the timer and the
 * interrupts run while the stock has any socket.
 */
struct forward_dials {
    struct socket_stock stock;
    uv_timer_t idle;
    size_t waiting;
};

/* A connect of ours that is waited for; freed when its handle is closed. */
struct forward_wait {
    uv_poll_t poll;
    struct connection *c;
    struct forward *forward;
    int fd;
};

int
forward_dials_new(struct connection *c)
{
    c->dials = calloc(1, sizeof(*c->dials));
    if (c->dials == NULL) {
        return -ENOMEM;
    }
    c->dials->idle.data = c->dials;
    return uv_timer_init(&c->loop, &c->dials->idle);
}

void
forward_dials_free(struct connection *c)
{
    free(c->dials);
    c->dials = NULL;
}

/* ---- waiting ---- */

static void
on_wait_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Its socket is the caller's, or -1. */
static int
end_wait(struct forward *f)
{
    struct forward_wait *w = f->wait;
    int fd = -1;

    if (w != NULL) {
        fd = w->fd;
        f->wait = NULL;
        w->c->dials->waiting--;
        uv_close((uv_handle_t *)&w->poll, on_wait_closed);
    }
    return fd;
}

void
forward_dial_end(struct forward *f)
{
    int fd = end_wait(f);

    forward_socket_drop(&fd);
}

/* What the dialer would have said.  fd is taken. */
static void
report(struct connection *c, const struct forward *f, int error, int fd)
{
    const struct msg_connected m = {.id = f->number, .error = error};

    if (error < 0) {
        forward_socket_drop(&fd);
    }
    forward_connected(c, &m, &fd);
    forward_socket_drop(&fd);
}

static void
on_writable(uv_poll_t *poll, int status, int events)
{
    struct forward_wait *w = poll->data;
    struct connection *c = w->c;
    struct forward *f = w->forward;
    int fd = end_wait(f);

    (void)events;
    if (c->state != CONNECTION_READY) {
        forward_socket_drop(&fd);
        return;
    }
    report(c, f, tcp_connect_result(fd, status), fd);
}

/* fd is taken when this succeeds. */
static int
wait_for(struct connection *c, struct forward *f, int fd)
{
    struct forward_wait *w = calloc(1, sizeof(*w));
    int r = 0;

    if (w == NULL) {
        return -ENOMEM;
    }
    r = uv_poll_init(&c->loop, &w->poll, fd);
    if (r < 0) {
        free(w);
        return r;
    }
    w->c = c;
    w->forward = f;
    w->fd = fd;
    w->poll.data = w;
    f->wait = w;
    c->dials->waiting++;
    uv_poll_start(&w->poll, UV_WRITABLE, on_writable);
    return 0;
}

/* ---- connecting ---- */

static int
begin(const struct forward *f, int fd)
{
    struct sockaddr_storage sa;
    socklen_t size =
        sockaddr_write(&f->candidates[0].address, (uint16_t)f->port, &sa);
    int r = fd_set_nonblocking(fd, 1);

    return r < 0 ? r
                 : tcp_connect_begin(fd, (const struct sockaddr *)&sa, size);
}

/* fd is taken. */
static void
connect_here(struct connection *c, struct forward *f, int fd)
{
    int r = begin(f, fd);

    if (r == -EINPROGRESS) {
        r = wait_for(c, f, fd);
        if (r == 0) {
            return;
        }
    }
    if (r == -EINTR) {
        forward_socket_drop(&fd);
        connection_breach(c, "a socket of the dialer was made to block");
        return;
    }
    report(c, f, r, fd);
}

static void
ask_dialer(struct connection *c, const struct forward *f)
{
    struct msg_connect m = {
        .id = f->number,
        .port = (uint16_t)f->port,
        .addresses = {.count = (uint32_t)f->candidate_count},
    };
    int r = 0;

    for (size_t i = 0; i < f->candidate_count; i++) {
        m.addresses.list[i] = msg_address_of(&f->candidates[i].address);
    }
    r = dialer_send(c->dialer, MSG_CONNECT, &m);
    if (r < 0) {
        forward_lost_before(c, m.id, r);
    }
}

/* ---- the stock ---- */

static void
on_idle(uv_timer_t *timer)
{
    struct forward_dials *d = timer->data;
    uint64_t next_ms = socket_stock_sweep(&d->stock, uv_now(timer->loop));

    if (next_ms != 0) {
        uv_timer_start(timer, on_idle, next_ms, 0);
    } else {
        interrupt_stop();
    }
}

/* Without it, or where descriptors are scarce, all goes by the dialer. */
static void
order(struct connection *c, enum address_family family)
{
    struct socket_stock *s = &c->dials->stock;
    struct msg_stock m = {.family = (uint8_t)family};

    if (!forwards_have_room(c, LIMIT_SPARE_FILES + 2 * LIMIT_STOCK)) {
        return;
    }
    m.count = socket_stock_order(s, family);
    if (m.count != 0 && dialer_tell(c->dialer, MSG_STOCK, &m) < 0) {
        socket_stock_give_up(s, family);
    }
}

void
forward_dial_socket(struct connection *c, const struct msg_socket *m, int *fd)
{
    struct forward_dials *d = c->dials;
    int r = m->error != 0 ? socket_stock_give_up(&d->stock, m->family)
                          : socket_stock_put(&d->stock, m->family, *fd);

    if (m->error == 0) {
        *fd = -1;
    }
    if (r < 0) {
        connection_breach(c, "the dialer sent a socket that nobody asked for");
        return;
    }
    if (!uv_is_active((uv_handle_t *)&d->idle)) {
        uv_timer_start(&d->idle, on_idle, STOCK_IDLE_MS, 0);
        interrupt_start(STOCK_STALL_MS);
    }
}

void
forward_dials_lost_dialer(struct connection *c)
{
    socket_stock_clear(&c->dials->stock);
    uv_timer_stop(&c->dials->idle);
    interrupt_stop();
}

void
forward_dial(struct connection *c, struct forward *f)
{
    enum address_family family = f->candidates[0].address.family;
    int fd = -1;

    f->state = FORWARD_CONNECTING;
    if (f->candidate_count > 1 || c->dials->waiting >= LIMIT_STOCK_DIALS) {
        ask_dialer(c, f);
        return;
    }
    fd = socket_stock_take(&c->dials->stock, family, uv_now(&c->loop));
    if (fd >= 0) {
        connect_here(c, f, fd);
    } else {
        ask_dialer(c, f);
    }
    order(c, family);
}
