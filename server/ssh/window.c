#include "server/ssh/window.h"

#include "server/ssh/limits.h"

/* Half a window in less time than this: it may be what holds the client up. */
#define FAST_MS 500
/* In more time than this: it is larger than it needs to be. */
#define SLOW_MS 5000

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Many channels never use it, so all first windows together have a quarter of
 * the pool, and the first ones do not take it all.
 */
uint32_t
window_first(const struct window_pool *pool)
{
    size_t all = LIMIT_WINDOW_POOL / 4;
    size_t room = pool->lent < all ? (all - pool->lent) / 4 : 0;

    return (uint32_t)(LIMIT_WINDOW +
                      smaller(room, LIMIT_WINDOW_FIRST - LIMIT_WINDOW));
}

void
window_init(struct window *w, struct window_pool *pool, uint32_t first,
            uint64_t now_ms)
{
    *w = (struct window){
        .size = first,
        .open = first,
        .lent = first - LIMIT_WINDOW,
        .granted_ms = now_ms,
    };
    pool->lent += w->lent;
}

bool
window_take(struct window *w, size_t size)
{
    if (size > w->open) {
        return false;
    }
    w->open -= size;
    return true;
}

bool
window_is_due(const struct window *w, size_t held)
{
    return w->open + held <= w->size / 2;
}

/*
 * Twice as much, but no more than half of what the pool has left: the first
 * channels that are fast do not leave the next ones without anything.
 */
static void
grow(struct window *w, const struct window_pool *pool)
{
    size_t room = (LIMIT_WINDOW_POOL - pool->lent) / 2;
    size_t more = smaller(w->size, smaller(room, LIMIT_WINDOW_MAX - w->size));

    w->size += more;
}

static void
shrink(struct window *w)
{
    w->size = w->size / 2 > LIMIT_WINDOW ? w->size / 2 : LIMIT_WINDOW;
}

static void
adapt(struct window *w, const struct window_pool *pool, size_t held,
      uint64_t now_ms)
{
    uint64_t took_ms = now_ms - w->granted_ms;

    if (held > w->size / 8 || took_ms > SLOW_MS) {
        shrink(w);
    } else if (held == 0 && took_ms < FAST_MS) {
        grow(w, pool);
    }
}

/* What the client may have made us keep is lent, until it used it up. */
static void
account(struct window *w, struct window_pool *pool, size_t held)
{
    size_t most = w->open + held > w->size ? w->open + held : w->size;

    pool->lent -= w->lent;
    w->lent = most - LIMIT_WINDOW;
    pool->lent += w->lent;
}

uint32_t
window_grant(struct window *w, struct window_pool *pool, size_t held,
             uint64_t now_ms)
{
    size_t grant;

    if (!window_is_due(w, held)) {
        return 0;
    }
    adapt(w, pool, held, now_ms);
    account(w, pool, held);
    w->granted_ms = now_ms;
    if (w->open + held >= w->size) {
        return 0; /* it shrank */
    }
    grant = w->size - w->open - held;
    w->open += grant;
    return (uint32_t)grant;
}

void
window_done(struct window *w, struct window_pool *pool)
{
    pool->lent -= w->lent;
    w->lent = 0;
}
