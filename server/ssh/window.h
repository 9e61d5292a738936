#ifndef SERVER_SSH_WINDOW_H
#define SERVER_SSH_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How much a client may send on a forward (RFC 4254 section 5.2).  What was
 * granted cannot be taken back, so it counts as if it were memory: a window
 * grows only while its target keeps up and the client has to wait for grants,
 * and all of a connection's windows share what lies above LIMIT_WINDOW.  A
 * larger one would only be bytes that queue in front of other channels'.
 */

/*
 * Of one connection, in bytes.  most and total are MaxForwardWindow's: neither
 * is below LIMIT_WINDOW.
 */
struct window_pool {
    size_t most;  /* of one window */
    size_t total; /* of what all windows hold above LIMIT_WINDOW */
    size_t lent;  /* what they do hold */
};

/*
 * Invariants: open + held <= LIMIT_WINDOW + lent, where held is what arrived
 * and was not delivered; lent is part of the pool's.
 */
struct window {
    size_t size;         /* what it is worth to have open, now */
    size_t open;         /* granted, and not used by the client yet */
    size_t lent;         /* from the pool */
    size_t used;         /* by the client, since the size was looked at */
    uint64_t adapted_ms; /* when that was */
    uint64_t taken_ms;   /* when the client sent something the last time */
    bool is_watched;     /* a grant: did the client wait for it? */
    uint64_t watched_ms; /* when it was made */
    size_t before;       /* bytes to come that it was not needed for */
    uint32_t growth;     /* how many times as large it had better be */
};

/* What to grant at first, in bytes. */
uint32_t window_first(const struct window_pool *pool);

/* The channel was opened with that. */
void window_init(struct window *w, struct window_pool *pool, uint32_t first,
                 uint64_t now_ms);

/* The client sent so much.  False: it was not allowed to. */
bool window_take(struct window *w, size_t size, uint64_t now_ms);

/* Is it time for window_grant()?  held: taken, but not delivered yet. */
bool window_is_due(const struct window *w, size_t held);

/* What to grant the client now, in bytes; it is counted as granted. */
uint32_t window_grant(struct window *w, struct window_pool *pool, size_t held,
                      uint64_t now_ms);

/* The channel is gone: give back what the pool lent. */
void window_done(struct window *w, struct window_pool *pool);

#endif
