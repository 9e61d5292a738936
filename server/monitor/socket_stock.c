#include "server/monitor/socket_stock.h"

#include <errno.h>
#include <stddef.h>

#include "server/monitor/forward_socket.h"

static struct stock_shelf *
find(struct socket_stock *s, enum address_family family)
{
    switch (family) {
    case ADDRESS_V4:
        return &s->v4;
    case ADDRESS_V6:
        return &s->v6;
    case ADDRESS_NONE:
        break;
    }
    return NULL;
}

int
socket_stock_take(struct socket_stock *s, enum address_family family,
                  uint64_t now_ms)
{
    struct stock_shelf *shelf = find(s, family);

    if (shelf == NULL) {
        return -1;
    }
    if (now_ms - shelf->window_ms >= STOCK_WINDOW_MS) {
        shelf->window_ms = now_ms;
        shelf->opens = 0;
    }
    shelf->opens++;
    shelf->opened_ms = now_ms;
    return shelf->count == 0 ? -1 : shelf->fds[--shelf->count];
}

/* Half of them together, so that few messages go to and fro. */
uint32_t
socket_stock_order(struct socket_stock *s, enum address_family family)
{
    struct stock_shelf *shelf = find(s, family);
    uint32_t more = 0;

    if (shelf == NULL || shelf->opens < STOCK_OPENS ||
        shelf->count + shelf->asked > LIMIT_STOCK / 2) {
        return 0;
    }
    more = LIMIT_STOCK - shelf->count - shelf->asked;
    shelf->asked += more;
    return more;
}

/* Nothing is ordered again before as many opens as at first. */
static void
forget_order(struct stock_shelf *shelf)
{
    shelf->asked = 0;
    shelf->opens = 0;
}

int
socket_stock_put(struct socket_stock *s, enum address_family family, int fd)
{
    struct stock_shelf *shelf = find(s, family);

    if (shelf == NULL || shelf->asked == 0 ||
        (fd >= 0 && !forward_socket_is_fresh(fd, family))) {
        forward_socket_drop(&fd);
        return -EPROTO;
    }
    shelf->asked--;
    if (fd >= 0) {
        shelf->fds[shelf->count++] = fd;
    } else {
        shelf->opens = 0;
    }
    return 0;
}

int
socket_stock_give_up(struct socket_stock *s, enum address_family family)
{
    struct stock_shelf *shelf = find(s, family);

    if (shelf == NULL || shelf->asked == 0) {
        return -EPROTO;
    }
    forget_order(shelf);
    return 0;
}

static void
empty(struct stock_shelf *shelf)
{
    while (shelf->count > 0) {
        forward_socket_drop(&shelf->fds[--shelf->count]);
    }
}

/* What is still on its way will be swept the next time. */
static uint64_t
sweep(struct stock_shelf *shelf, uint64_t now_ms)
{
    uint64_t age_ms = now_ms - shelf->opened_ms;

    if (age_ms >= STOCK_IDLE_MS) {
        empty(shelf);
        return 0;
    }
    return shelf->count == 0 ? 0 : STOCK_IDLE_MS - age_ms;
}

uint64_t
socket_stock_sweep(struct socket_stock *s, uint64_t now_ms)
{
    uint64_t v4_ms = sweep(&s->v4, now_ms), v6_ms = sweep(&s->v6, now_ms);

    if (v4_ms == 0 || v6_ms == 0) {
        return v4_ms + v6_ms;
    }
    return v4_ms < v6_ms ? v4_ms : v6_ms;
}

void
socket_stock_clear(struct socket_stock *s)
{
    empty(&s->v4);
    empty(&s->v6);
    forget_order(&s->v4);
    forget_order(&s->v6);
}
