#include "server/listener/acceptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/base/shortage.h"
#include "server/limits.h"
#include "server/log/log.h"

/* One socket being watched.  Freed in on_door_closed(). */
struct door {
    uv_poll_t poll;
    struct acceptor *acceptor;
    int fd; /* borrowed */
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void
on_rested(uv_timer_t *timer)
{
    struct acceptor *a = timer->data;

    for (size_t i = 0; i < a->count; i++) {
        uv_poll_start(&a->doors[i]->poll, UV_READABLE, on_readable);
    }
}

static void
take_a_rest(struct acceptor *a, int why)
{
    unsigned held_back = 0;

    for (size_t i = 0; i < a->count; i++) {
        uv_poll_stop(&a->doors[i]->poll);
    }
    uv_timer_start(&a->rest, on_rested, DAEMON_ACCEPT_PAUSE_MS, 0);
    if (pace_allows(&a->complaints, uv_now(a->loop), &held_back)) {
        log_line(LOG_LEVEL_ERROR, "accept: %s", strerror(-why));
    }
}

/* What goes wrong with one client only: accept(2) passes its errors on. */
static bool
is_about_the_client(int error)
{
    switch (error) {
    case ECONNABORTED:
    case EINTR:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
        return true;
    default:
        return false;
    }
}

bool
acceptor_is_exhausted(int r)
{
    return shortage_is(r) || r == -EAGAIN; /* of fork() */
}

/* Take one client from the door.  False when no more can be had now. */
static bool
accept_one(struct acceptor *a, int door)
{
    struct socket_address peer = {.size = sizeof(peer.storage)};
    int fd = accept4(door, (struct sockaddr *)&peer.storage, &peer.size,
                     SOCK_CLOEXEC);
    int r = 0;

    if (fd < 0 && errno == EAGAIN) {
        return false;
    }
    if (fd < 0) {
        r = is_about_the_client(errno) ? 0 : -errno;
    } else {
        r = a->client(a->arg, fd, &peer);
        r = acceptor_is_exhausted(r) ? r : 0;
    }
    if (r < 0) {
        take_a_rest(a, r);
    }
    return r == 0;
}

/* The client may stop the acceptor; then the door is already closing. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
    struct door *door = poll->data;
    struct acceptor *a = door->acceptor;

    (void)status;
    (void)events;
    for (int i = 0; i < LIMIT_ACCEPT_ROUND; i++) {
        if (!uv_is_active((uv_handle_t *)poll) || !accept_one(a, door->fd)) {
            return;
        }
    }
}

int
acceptor_init(struct acceptor *a, uv_loop_t *loop, acceptor_client_fn *client,
              void *arg)
{
    *a = (struct acceptor){.loop = loop, .client = client, .arg = arg};
    a->rest.data = a;
    return uv_timer_init(loop, &a->rest);
}

static void
on_door_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static int
open_door(struct acceptor *a, int fd)
{
    struct door *door = calloc(1, sizeof(*door));
    int r = 0;

    if (door == NULL) {
        return -ENOMEM;
    }
    r = uv_poll_init(a->loop, &door->poll, fd);
    if (r < 0) {
        free(door);
        return r;
    }
    door->poll.data = door;
    door->acceptor = a;
    door->fd = fd;
    a->doors[a->count++] = door;
    return uv_poll_start(&door->poll, UV_READABLE, on_readable);
}

int
acceptor_watch(struct acceptor *a, const struct sockets *sockets)
{
    int r = 0;

    acceptor_stop(a);
    for (size_t i = 0; r == 0 && i < sockets->count; i++) {
        r = open_door(a, sockets->list[i].fd);
    }
    if (r < 0) {
        acceptor_stop(a);
    }
    return r;
}

void
acceptor_stop(struct acceptor *a)
{
    uv_timer_stop(&a->rest);
    for (size_t i = 0; i < a->count; i++) {
        uv_close((uv_handle_t *)&a->doors[i]->poll, on_door_closed);
    }
    a->count = 0;
}
