/*
 * A long line: each byte is passed on a fixed time after it came.  What is on
 * its way is bounded; TCP holds up a sender that is faster.
 */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RING_BYTES = 1 << 26, RING_MARKS = 1 << 16 };

/* Bytes that came together and leave together. */
struct mark {
    uint64_t due_us;
    size_t bytes;
};

/* One direction.  head and tail only grow; both rings are powers of two. */
struct line {
    int from;
    int to;
    uint64_t delay_us;
    bool ended; /* nothing more comes in */
    size_t head, tail;
    size_t mark_head, mark_tail;
    char *bytes;
    struct mark *marks;
};

static struct mark *
first(struct line *l)
{
    return &l->marks[l->mark_tail % RING_MARKS];
}

static bool
is_empty(const struct line *l)
{
    return l->mark_head == l->mark_tail;
}

/* Room in one piece. */
static size_t
room(const struct line *l)
{
    size_t left = RING_BYTES - (l->head - l->tail);
    size_t to_edge = RING_BYTES - l->head % RING_BYTES;

    if (l->mark_head - l->mark_tail == RING_MARKS) {
        return 0;
    }
    return left < to_edge ? left : to_edge;
}

static void
take(struct line *l)
{
    ssize_t got = read(l->from, l->bytes + l->head % RING_BYTES, room(l));

    if (got < 0 && errno == EAGAIN) {
        return;
    }
    if (got <= 0) {
        l->ended = true;
        return;
    }
    l->marks[l->mark_head++ % RING_MARKS] =
        (struct mark){load_now_us() + l->delay_us, (size_t)got};
    l->head += (size_t)got;
}

/* Pass on what is due; false when the receiver has gone. */
static bool
give(struct line *l)
{
    ssize_t put =
        write(l->to, l->bytes + l->tail % RING_BYTES, first(l)->bytes);

    if (put < 0) {
        return errno == EAGAIN;
    }
    l->tail += (size_t)put;
    first(l)->bytes -= (size_t)put;
    if (first(l)->bytes == 0) {
        l->mark_tail++;
    }
    return true;
}

/* Sleep until something can be done: which sides are ready. */
static void
wait_line(struct line *l, bool *may_take, bool *may_give)
{
    uint64_t now = load_now_us();
    bool due = !is_empty(l) && first(l)->due_us <= now;
    struct pollfd fds[] = {
        {.fd = !l->ended && room(l) > 0 ? l->from : -1, .events = POLLIN},
        {.fd = due ? l->to : -1, .events = POLLOUT},
    };
    struct timespec left = {.tv_sec = 1};

    if (!is_empty(l) && !due) {
        uint64_t us = first(l)->due_us - now;
        left.tv_sec = (time_t)(us / 1000000);
        left.tv_nsec = (long)(us % 1000000) * 1000;
    }
    ppoll(fds, 2, &left, NULL);
    *may_take = fds[0].revents != 0;
    *may_give = fds[1].revents != 0;
}

static void *
run_line(void *data)
{
    struct line *l = data;
    bool may_take = false;
    bool may_give = false;
    bool alive = true;

    while (alive && (!l->ended || !is_empty(l))) {
        wait_line(l, &may_take, &may_give);
        if (may_take) {
            take(l);
        }
        if (may_give) {
            alive = give(l);
        }
    }
    shutdown(l->to, SHUT_WR);
    if (!alive) {
        shutdown(l->from, SHUT_RD);
    }
    free(l->bytes);
    free(l->marks);
    free(l);
    return NULL; /* the descriptors stay until the process ends */
}

static bool
start_line(int from, int to, uint64_t delay_us)
{
    struct line *l = calloc(1, sizeof(*l));

    if (!l) {
        return false;
    }
    *l = (struct line){.from = from, .to = to, .delay_us = delay_us};
    l->bytes = malloc(RING_BYTES);
    l->marks = calloc(RING_MARKS, sizeof(*l->marks));
    if (l->bytes && l->marks && load_thread(run_line, l)) {
        return true;
    }
    free(l->bytes);
    free(l->marks);
    free(l);
    return false;
}

int
load_relay(int argc, char **argv)
{
    uint16_t port = (uint16_t)load_number(argc, argv, 1);
    uint64_t delay_us = load_number(argc, argv, 2);
    int fd = load_listen();

    while (fd >= 0) {
        int near = load_accept(fd);
        int far = near < 0 ? -1 : load_dial(port);
        if (far < 0 || fcntl(near, F_SETFL, O_NONBLOCK) < 0 ||
            fcntl(far, F_SETFL, O_NONBLOCK) < 0) {
            return load_fail("relay");
        }
        if (!start_line(near, far, delay_us) ||
            !start_line(far, near, delay_us)) {
            return load_fail("relay");
        }
    }
    return 1;
}
