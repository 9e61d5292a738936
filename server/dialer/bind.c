#include "server/dialer/bind.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/listen_socket.h"
#include "server/dialer/path.h"
#include "server/ipc/sockaddr.h"
#include "server/limits.h"

/* One listening socket; fd is -1 once it is closed. */
struct door {
    struct listener *listener;
    uv_poll_t poll;
    int fd;
};

/*
 * One MSG_BIND or MSG_BIND_PATH, or all MSG_BIND_SOCKET of one id.  Invariants:
 * doors[0..count) were given to libuv; it is in owner->listeners until it is
 * closed; freed when the last door's handle is.
 */
struct listener {
    struct listener *next;
    struct bind *owner;
    uint32_t id;
    uint32_t count;
    uint32_t closed;
    struct door doors[LIMIT_ADDRESSES];
};

static void on_connection(uv_poll_t *poll, int status, int events);

static void
listener_resume(struct listener *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        uv_poll_start(&l->doors[i].poll, UV_READABLE, on_connection);
    }
}

static void
listener_pause(struct listener *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        uv_poll_stop(&l->doors[i].poll);
    }
}

static void
on_pause_over(uv_timer_t *timer)
{
    struct bind *b = timer->data;

    for (struct listener *l = b->listeners; l != NULL; l = l->next) {
        listener_resume(l);
    }
}

/* A shortage is everybody's: the loop must not spin on any of them. */
static void
pause_all(struct bind *b, uint64_t ms)
{
    for (struct listener *l = b->listeners; l != NULL; l = l->next) {
        listener_pause(l);
    }
    uv_timer_start(&b->pause, on_pause_over, ms, 0);
}

/* 0, or -errno when its other end cannot be told. */
static int
describe_peer(int fd, const struct sockaddr_storage *sa, struct msg_incoming *m)
{
    struct address peer;
    int on = 1;
    int r = 0;

    if (sa->ss_family == AF_UNIX) {
        return 0; /* whoever it is, it has no address */
    }
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0) {
        return -errno;
    }
    r = sockaddr_read((const struct sockaddr *)sa, &peer, &m->peer_port);
    if (r == 0) {
        m->peer.list[m->peer.count++] = msg_address_of(&peer);
    }
    return r;
}

static bool
hand_over(struct door *door, const struct sockaddr_storage *sa, int fd)
{
    struct bind *b = door->listener->owner;
    struct msg_incoming m = {.id = door->listener->id};

    if (describe_peer(fd, sa, &m) < 0) {
        close(fd);
        return true;
    }
    return b->incoming(b->arg, &m, fd);
}

/* Returns false when this door is to be left alone for now. */
static bool
accept_one(struct door *door)
{
    struct bind *b = door->listener->owner;
    struct sockaddr_storage sa = {0};
    socklen_t size = sizeof(sa);
    int fd = accept4(door->fd, (struct sockaddr *)&sa, &size,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        bool more = hand_over(door, &sa, fd);

        if (!more) {
            pause_all(b, INCOMING_PAUSE_MS);
        }
        return more;
    }
    if (errno == EINTR || errno == ECONNABORTED) {
        return true;
    }
    if (errno != EAGAIN) { /* EMFILE, ENFILE, no memory */
        const struct msg_incoming nobody = {.id = door->listener->id};

        pause_all(b, DIALER_ACCEPT_PAUSE_MS);
        b->incoming(b->arg, &nobody, -1);
    }
    return false;
}

static void
on_connection(uv_poll_t *poll, int status, int events)
{
    struct door *door = poll->data;
    bool more = true;

    (void)events;
    if (status < 0) {
        pause_all(door->listener->owner, DIALER_ACCEPT_PAUSE_MS);
        return;
    }
    for (int i = 0; more && i < LIMIT_ACCEPT_ROUND && door->fd >= 0; i++) {
        more = accept_one(door);
    }
}

/* Give the listening door->fd, which is closed on failure, to the loop. */
static int
watch_door(struct bind *b, struct door *door)
{
    int r = uv_poll_init(b->loop, &door->poll, door->fd);

    if (r < 0) {
        fd_close(&door->fd);
        return r;
    }
    door->poll.data = door;
    return 0;
}

static int
open_door(struct bind *b, struct door *door, const struct msg_address *on,
          uint16_t *port)
{
    struct sockaddr_storage sa;
    struct address address;
    socklen_t size;
    int r = msg_address_get(on, &address);

    if (r < 0) {
        return r;
    }
    size = sockaddr_write(&address, *port, &sa);
    r = listen_socket_open(&sa, size, &door->fd);
    if (r < 0) {
        return r;
    }
    r = watch_door(b, door);
    if (r < 0) {
        return r;
    }
    return sockaddr_read((const struct sockaddr *)&sa, &address, port);
}

static void
open_doors(struct listener *l, const struct msg_connect *m,
           struct msg_bound *ret)
{
    ret->port = m->port;
    ret->error = -EADDRNOTAVAIL; /* of an empty list */
    for (uint32_t i = 0; i < m->addresses.count; i++) {
        struct door *door = &l->doors[l->count];
        const struct msg_address *on = &m->addresses.list[i];
        int r = open_door(l->owner, door, on, &ret->port);

        if (r < 0) {
            ret->error = i == 0 ? r : ret->error;
            continue;
        }
        door->listener = l;
        l->count++;
        ret->addresses.list[ret->addresses.count++] = *on;
    }
    if (l->count > 0) {
        ret->error = 0;
    }
}

void
bind_init(struct bind *b, uv_loop_t *loop, bind_incoming_fn *incoming,
          void *arg)
{
    *b = (struct bind){.loop = loop, .incoming = incoming, .arg = arg};
    uv_timer_init(loop, &b->pause);
    b->pause.data = b;
}

/* NULL, with the reason in *reterr, when there can be no more. */
static struct listener *
listener_new(struct bind *b, uint32_t id, int *reterr)
{
    struct listener *l = NULL;

    if (b->count >= LIMIT_LISTENERS) {
        *reterr = -EAGAIN;
        return NULL;
    }
    l = calloc(1, sizeof(*l));
    if (l == NULL) {
        *reterr = -ENOMEM;
        return NULL;
    }
    l->owner = b;
    l->id = id;
    return l;
}

/* It has its doors: let them in; without any it is forgotten. */
static void
listener_start(struct listener *l)
{
    struct bind *b = l->owner;

    if (l->count == 0) {
        free(l);
        return;
    }
    l->next = b->listeners;
    b->listeners = l;
    b->count++;
    if (!uv_is_active((uv_handle_t *)&b->pause)) {
        listener_resume(l);
    }
}

void
bind_start(struct bind *b, const struct msg_connect *m, struct msg_bound *ret)
{
    struct listener *l = NULL;

    *ret = (struct msg_bound){.id = m->id};
    l = listener_new(b, m->id, &ret->error);
    if (l != NULL) {
        open_doors(l, m, ret);
        listener_start(l);
    }
}

void
bind_start_path(struct bind *b, const struct msg_dial_path *m,
                struct msg_bound *ret)
{
    struct listener *l = NULL;
    struct door *door = NULL;

    *ret = (struct msg_bound){.id = m->id};
    l = listener_new(b, m->id, &ret->error);
    if (l == NULL) {
        return;
    }
    door = &l->doors[0];
    door->listener = l;
    ret->error = path_listen(m, &door->fd);
    if (ret->error == 0) {
        ret->error = watch_door(b, door);
    }
    if (ret->error == 0) {
        l->count = 1;
    }
    listener_start(l);
}

static struct listener *
find(const struct bind *b, uint32_t id)
{
    struct listener *l = b->listeners;

    while (l != NULL && l->id != id) {
        l = l->next;
    }
    return l;
}

/* What the sockets say of themselves. */
static void
describe_doors(const struct listener *l, struct msg_bound *ret)
{
    for (uint32_t i = 0; i < l->count; i++) {
        struct sockaddr_storage sa;
        socklen_t size = sizeof(sa);
        struct address at;

        if (getsockname(l->doors[i].fd, (struct sockaddr *)&sa, &size) == 0 &&
            sockaddr_read((struct sockaddr *)&sa, &at, &ret->port) == 0) {
            ret->addresses.list[ret->addresses.count++] = msg_address_of(&at);
        }
    }
}

/* One more door for l; takes fd.  0 or -errno. */
static int
add_door(struct listener *l, int fd)
{
    struct door *door = &l->doors[l->count];
    int r = 0;

    if (l->count >= LIMIT_ADDRESSES) {
        close(fd);
        return -EAGAIN;
    }
    door->listener = l;
    door->fd = fd;
    r = watch_door(l->owner, door);
    if (r == 0) {
        l->count++;
    }
    return r;
}

bool
bind_take(struct bind *b, const struct msg_bind_socket *m, int fd,
          struct msg_bound *ret)
{
    struct listener *l = find(b, m->id);
    bool is_new = l == NULL;

    *ret = (struct msg_bound){.id = m->id};
    if (is_new) {
        l = listener_new(b, m->id, &ret->error);
    }
    if (l == NULL || fd < 0) {
        ret->error = fd < 0 ? -EMFILE : ret->error;
        fd_close(&fd);
    } else {
        ret->error = add_door(l, fd);
    }
    if (l != NULL && is_new) {
        bool is_empty = l->count == 0;

        listener_start(l);
        l = is_empty ? NULL : l;
    } else if (l != NULL && !uv_is_active((uv_handle_t *)&b->pause)) {
        listener_resume(l);
    }
    if (m->is_last != 0 && l != NULL) {
        describe_doors(l, ret);
        ret->error = ret->addresses.count > 0 ? 0 : -EADDRNOTAVAIL;
    }
    return m->is_last != 0;
}

static void
on_door_closed(uv_handle_t *handle)
{
    struct door *door = handle->data;
    struct listener *l = door->listener;

    if (++l->closed == l->count) {
        free(l);
    }
}

static void
listener_close(struct listener *l)
{
    l->owner->count--;
    for (uint32_t i = 0; i < l->count; i++) {
        uv_close((uv_handle_t *)&l->doors[i].poll, on_door_closed);
        fd_close(&l->doors[i].fd);
    }
}

void
bind_stop(struct bind *b, uint32_t id)
{
    struct listener **p = &b->listeners;

    while (*p != NULL) {
        struct listener *l = *p;

        if (l->id == id) {
            *p = l->next;
            listener_close(l);
        } else {
            p = &l->next;
        }
    }
}

void
bind_done(struct bind *b)
{
    while (b->listeners != NULL) {
        struct listener *l = b->listeners;

        b->listeners = l->next;
        listener_close(l);
    }
    uv_close((uv_handle_t *)&b->pause, NULL);
}
