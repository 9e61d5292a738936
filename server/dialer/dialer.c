#include "server/dialer/dialer.h"

#include <errno.h>
#include <sys/socket.h>

#include "server/base/stack.h"
#include "server/base/tcp_connect.h"
#include "server/dialer/bind.h"
#include "server/dialer/connect.h"
#include "server/dialer/name_of.h"
#include "server/dialer/path_dial.h"
#include "server/dialer/resolve.h"
#include "server/ipc/uvlink.h"
#include "server/limits.h"

/* Which request goes to which module, and the way of the answers back. */

#define REST_MS 1000 /* until what requests left on the stack is given back */

struct dialer {
    uv_loop_t loop;
    struct uvlink *link;
    struct resolve *resolve;
    struct name_of *names;
    struct connect connect;
    struct path_dial paths;
    struct bind bind;
    uv_timer_t rest; /* runs once after a while of requests */
    int why;         /* the link ended */
};

/* 0 or -EBADMSG. */
typedef int request_fn(struct dialer *d, struct frame *f);

static void
on_resolved(void *arg, const struct msg_resolved *m)
{
    struct dialer *d = arg;

    uvlink_send(d->link, MSG_RESOLVED, m, -1);
}

static void
on_named(void *arg, const struct msg_named *m)
{
    struct dialer *d = arg;

    uvlink_send(d->link, MSG_NAMED, m, -1);
}

static void
on_connected(void *arg, const struct msg_connected *m, int fd)
{
    struct dialer *d = arg;

    uvlink_send(d->link, MSG_CONNECTED, m, fd);
}

static bool
on_incoming(void *arg, const struct msg_incoming *m, int fd)
{
    struct dialer *d = arg;

    uvlink_send(d->link, MSG_INCOMING, m, fd);
    return uvlink_queued(d->link) < LIMIT_INCOMING;
}

static int
request_resolve(struct dialer *d, struct frame *f)
{
    struct msg_resolve m;
    int r = frame_decode(f, &m);

    if (r == 0) {
        resolve_start(d->resolve, &m);
    }
    return r;
}

static int
request_name(struct dialer *d, struct frame *f)
{
    struct msg_name_of m;
    int r = frame_decode(f, &m);

    if (r == 0) {
        name_of_start(d->names, &m);
    }
    return r;
}

static int
request_connect(struct dialer *d, struct frame *f)
{
    struct msg_connect m;
    int r = frame_decode(f, &m);

    if (r == 0) {
        connect_start(&d->connect, &m);
    }
    return r;
}

static int
request_connect_path(struct dialer *d, struct frame *f)
{
    struct msg_dial_path m;
    int r = frame_decode(f, &m);

    if (r == 0) {
        path_dial_start(&d->paths, &m);
    }
    return r;
}

static int
request_cancel(struct dialer *d, struct frame *f)
{
    struct msg_id m;
    int r = frame_decode(f, &m);

    if (r == 0) {
        resolve_cancel(d->resolve, m.id);
        connect_cancel(&d->connect, m.id);
        path_dial_cancel(&d->paths, m.id);
    }
    return r;
}

static int
request_bind(struct dialer *d, struct frame *f)
{
    struct msg_connect m;
    struct msg_bound bound;
    int r = frame_decode(f, &m);

    if (r == 0) {
        bind_start(&d->bind, &m, &bound);
        uvlink_send(d->link, MSG_BOUND, &bound, -1);
    }
    return r;
}

static int
request_bind_path(struct dialer *d, struct frame *f)
{
    struct msg_dial_path m;
    struct msg_bound bound;
    int r = frame_decode(f, &m);

    if (r == 0) {
        bind_start_path(&d->bind, &m, &bound);
        uvlink_send(d->link, MSG_BOUND, &bound, -1);
    }
    return r;
}

static int
request_bind_socket(struct dialer *d, struct frame *f)
{
    struct msg_bind_socket m;
    struct msg_bound bound;
    int r = frame_decode(f, &m);
    int fd = f->fd;

    if (r < 0) {
        return r;
    }
    f->fd = -1;
    if (bind_take(&d->bind, &m, fd, &bound)) {
        uvlink_send(d->link, MSG_BOUND, &bound, -1);
    }
    return 0;
}

static int
request_unbind(struct dialer *d, struct frame *f)
{
    struct msg_id m;
    int r = frame_decode(f, &m);

    if (r == 0) {
        bind_stop(&d->bind, m.id);
    }
    return r;
}

/* As many as there are descriptors for. */
static int
request_stock(struct dialer *d, struct frame *f)
{
    struct msg_stock m;
    struct msg_socket answer;
    int r = frame_decode(f, &m);

    if (r < 0) {
        return r;
    }
    answer = (struct msg_socket){.family = m.family};
    for (uint32_t i = 0; i < m.count && answer.error == 0; i++) {
        int fd = -1;

        answer.error = tcp_connect_socket(
            m.family == ADDRESS_V4 ? AF_INET : AF_INET6, &fd);
        uvlink_send(d->link, MSG_SOCKET, &answer, fd);
    }
    return 0;
}

static request_fn *
find_request(enum msg_type type)
{
    static const struct {
        enum msg_type type;
        request_fn *request;
    } requests[] = {
        {MSG_RESOLVE, request_resolve},
        {MSG_NAME_OF, request_name},
        {MSG_CONNECT, request_connect},
        {MSG_CONNECT_PATH, request_connect_path},
        {MSG_CANCEL, request_cancel},
        {MSG_BIND, request_bind},
        {MSG_BIND_PATH, request_bind_path},
        {MSG_BIND_SOCKET, request_bind_socket},
        {MSG_UNBIND, request_unbind},
        {MSG_STOCK, request_stock},
    };

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        if (requests[i].type == type) {
            return requests[i].request;
        }
    }
    return NULL;
}

static void
on_end(void *arg, int why)
{
    struct dialer *d = arg;

    d->why = why;
    uv_stop(&d->loop);
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
    struct dialer *d = arg;
    request_fn *request = find_request(f->type);

    if (!uv_is_active((uv_handle_t *)&d->rest)) {
        uv_timer_start(&d->rest, on_rest, REST_MS, 0);
    }
    if (request == NULL || request(d, f) < 0) {
        on_end(d, -EPROTO);
    }
}

int
dialer_run(int link)
{
    static struct dialer d;
    int r = uv_loop_init(&d.loop);

    if (r == 0) {
        r = uv_timer_init(&d.loop, &d.rest);
    }
    if (r == 0) {
        r = uvlink_new(&d.loop, link, ROUTE_MONITOR_TO_DIALER, on_message,
                       on_end, &d, &d.link);
    }
    if (r == 0) {
        r = resolve_new(&d.loop, on_resolved, &d, &d.resolve);
    }
    if (r == 0) {
        r = name_of_new(&d.loop, on_named, &d, &d.names);
    }
    if (r < 0) {
        return r;
    }
    connect_init(&d.connect, &d.loop, CONNECTION_ATTEMPT_DELAY_MS, on_connected,
                 &d);
    path_dial_init(&d.paths, &d.loop, on_connected, &d);
    bind_init(&d.bind, &d.loop, on_incoming, &d);
    uv_run(&d.loop, UV_RUN_DEFAULT);
    return d.why == -EPIPE ? 0 : d.why;
}
