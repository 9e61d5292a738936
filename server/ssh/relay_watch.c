/*
 * Forwards' sockets in the event loop.  A handle of libuv stands for the
 * number of a descriptor, which the next forward's socket soon has again: it is
 * stopped and started, where to make and to close one would cost each forward
 * three system calls more, and the loop an iteration.
 */
#include <errno.h>
#include <stdlib.h>

#include "server/ssh/relay.h"
#include "server/ssh/relay_state.h"

struct relay_watch {
    uv_poll_t poll;
    struct relay *of; /* NULL: nobody's now */
    int armed;        /* events */
};

/* Room for a handle with this number. */
static int
make_room(struct relays *relays, size_t number)
{
    size_t count = relays->watch_count == 0 ? 16 : relays->watch_count;
    struct relay_watch **all = NULL;

    while (count <= number) {
        count *= 2;
    }
    if (count == relays->watch_count) {
        return 0;
    }
    all = realloc(relays->watches, count * sizeof(struct relay_watch *));
    if (all == NULL) {
        return -ENOMEM;
    }
    for (size_t i = relays->watch_count; i < count; i++) {
        all[i] = NULL;
    }
    relays->watches = all;
    relays->watch_count = count;
    return 0;
}

static struct relay_watch *
create(struct transport *t, int fd)
{
    struct relay_watch *w = NULL;

    if (make_room(&t->relays, (size_t)fd) < 0) {
        return NULL;
    }
    w = calloc(1, sizeof(*w));
    if (w == NULL || uv_poll_init(t->prepare.loop, &w->poll, fd) < 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    t->relays.watches[fd] = w;
    return w;
}

int
relay_watch_begin(struct relay *r)
{
    struct relays *relays = &r->t->relays;
    struct relay_watch *w = NULL;

    if ((size_t)r->fd < relays->watch_count) {
        w = relays->watches[r->fd];
    }
    if (w == NULL) {
        w = create(r->t, r->fd);
    }
    if (w == NULL) {
        return -ENOMEM;
    }
    w->of = r;
    r->watch = w;
    return 0;
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
    struct relay_watch *w = poll->data;

    if (status < 0) { /* libuv stopped to tell, but epoll has it still */
        w->armed = 0;
        uv_poll_stop(poll);
    }
    relay_ready(w->of, status, events);
}

void
relay_watch_for(struct relay *r, int events)
{
    struct relay_watch *w = r->watch;

    if (events == w->armed) {
        return;
    }
    w->armed = events;
    if (events == 0) {
        uv_poll_stop(&w->poll);
    } else {
        uv_poll_start(&w->poll, events, on_event);
    }
}

void
relay_watch_end(struct relay *r)
{
    relay_watch_for(r, 0);
    r->watch->of = NULL;
    r->watch = NULL;
}
