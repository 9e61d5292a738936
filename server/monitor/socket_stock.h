#ifndef SERVER_MONITOR_SOCKET_STOCK_H
#define SERVER_MONITOR_SOCKET_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"
#include "server/limits.h"

/*
 * TCP sockets that the dialer has made and nobody has connected: a forward
 * that finds one need not wait for the dialer.  They are ordered only while
 * opens come quickly, and thrown away when no more come.
 *
 * It asks nobody for anything: socket_stock_order() tells what to ask for.
 * now_ms is of a clock that does not go back; families are ADDRESS_V4 and
 * ADDRESS_V6.
 */

/*
 * The sockets of one family.  Invariant: those that are there and those that
 * are on their way add up to LIMIT_STOCK at most.
 */
struct stock_shelf {
    int fds[LIMIT_STOCK];
    uint32_t count;
    uint32_t asked; /* on their way */
    uint32_t opens; /* since window_ms, when it began to count */
    uint64_t window_ms;
    uint64_t opened_ms; /* the last one */
};

/* All zeros is an empty one, of which nothing was ordered. */
struct socket_stock {
    struct stock_shelf v4, v6;
};

/* An open needs one now: the caller's from here on, or -1: none is there. */
int socket_stock_take(struct socket_stock *s, enum address_family family,
                      uint64_t now_ms);

/* So many are to be ordered now, and count as on their way; 0: none. */
uint32_t socket_stock_order(struct socket_stock *s, enum address_family family);

/*
 * One has come (taken); -1: there was no descriptor left for it.  0, or
 * -EPROTO: it was not ordered, or is no unconnected TCP socket of family.
 */
int socket_stock_put(struct socket_stock *s, enum address_family family,
                     int fd);

/* The order will not be filled any further. 0, or -EPROTO: there is none. */
int socket_stock_give_up(struct socket_stock *s, enum address_family family);

/* Close those of a family without an open for STOCK_IDLE_MS.  Returns after
 * how many ms to come again; 0: none are left. */
uint64_t socket_stock_sweep(struct socket_stock *s, uint64_t now_ms);

/* Close all of them.  No order will be filled, because the dialer is gone. */
void socket_stock_clear(struct socket_stock *s);

#endif
