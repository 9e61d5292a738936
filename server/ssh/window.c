#include "server/ssh/window.h"

#include "server/limits.h"

/* Half a window in less time than this: it may be what holds the client up. */
#define FAST_MS 500
/* In more time than this: it is larger than it needs to be. */
#define SLOW_MS 5000
/* A client that waits less than this for a grant is near, or was busy. */
#define PAUSE_MS 5
#define GROWTH_MAX 4 /* times */
/* Granted in pieces: a whole one a round trip, whatever the client's bursts. */
#define GRANT (LIMIT_WINDOW_FIRST / 4)

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
    size_t all = pool->total / 4;
    size_t room = pool->lent < all ? (all - pool->lent) / 4 : 0;
    size_t first = smaller(LIMIT_WINDOW_FIRST, pool->most);

    return (uint32_t)(LIMIT_WINDOW + smaller(room, first - LIMIT_WINDOW));
}

void
window_init(struct window *w, struct window_pool *pool, uint32_t first,
            uint64_t now_ms)
{
    *w = (struct window){
        .size = first,
        .open = first,
        .lent = first - LIMIT_WINDOW,
        .adapted_ms = now_ms,
        .growth = 1,
    };
    pool->lent += w->lent;
}

/*
 * The first byte that the watched grant allowed: the client held it back until
 * the grant came, when nothing did for a while before.  What share of the time
 * since the grant that was tells how much larger the window had to be.
 */
static void
end_watch(struct window *w, uint64_t now_ms)
{
    uint64_t whole_ms = now_ms - w->watched_ms;
    uint64_t pause_ms = now_ms - w->taken_ms;
    uint64_t growth;

    w->is_watched = false;
    pause_ms = pause_ms < whole_ms ? pause_ms : whole_ms;
    if (pause_ms >= PAUSE_MS && pause_ms >= whole_ms / 4) {
        growth = whole_ms / (whole_ms - pause_ms + 1) + 1;
        w->growth = growth < GROWTH_MAX ? (uint32_t)growth : GROWTH_MAX;
    }
}

bool
window_take(struct window *w, size_t size, uint64_t now_ms)
{
    if (size > w->open) {
        return false;
    }
    w->open -= size;
    w->used += size;
    if (w->is_watched && size > w->before) {
        end_watch(w, now_ms);
    } else if (now_ms - w->taken_ms >= PAUSE_MS) {
        w->is_watched = false; /* the next grant is a burst's first one */
    }
    w->before -= smaller(size, w->before);
    w->taken_ms = now_ms;
    return true;
}

bool
window_is_due(const struct window *w, size_t held)
{
    return w->open + held + smaller(w->size / 2, GRANT) <= w->size;
}

/*
 * So many times as much, but no more than half of what the pool has left: the
 * first channels that are fast do not leave the next ones without anything.
 */
static void
grow(struct window *w, const struct window_pool *pool, size_t times,
     size_t most)
{
    size_t room = (pool->total - pool->lent) / 2;
    size_t wanted = smaller(w->size * times, smaller(most, pool->most));

    if (wanted > w->size) {
        w->size += smaller(room, wanted - w->size);
    }
}

static void
shrink(struct window *w, size_t least)
{
    if (w->size > least) {
        w->size = w->size / 2 > least ? w->size / 2 : least;
    }
}

/*
 * Once in half a window, and when the client waited.  A target that is fast,
 * and is behind for a moment, keeps the first window: with less the client
 * would have to wait for each grant.
 */
static void
adapt(struct window *w, const struct window_pool *pool, size_t held,
      uint64_t now_ms)
{
    uint64_t took_ms = now_ms - w->adapted_ms;
    bool is_fast = took_ms < FAST_MS;

    if (w->used < w->size / 2 && w->growth == 1) {
        return;
    }
    w->used = 0;
    w->adapted_ms = now_ms;
    if (took_ms > SLOW_MS) {
        shrink(w, LIMIT_WINDOW);
    } else if (held > w->size / 8) {
        shrink(w, is_fast ? LIMIT_WINDOW_FIRST : LIMIT_WINDOW);
    } else if (held == 0 && is_fast && w->size < LIMIT_WINDOW_FIRST) {
        grow(w, pool, 2, LIMIT_WINDOW_FIRST);
    } else if (held == 0 && is_fast) {
        grow(w, pool, w->growth, pool->most);
        w->growth = 1;
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
    if (w->open + held >= w->size) {
        return 0; /* it shrank */
    }
    grant = w->size - w->open - held;
    if (!w->is_watched) {
        w->is_watched = true;
        w->watched_ms = now_ms;
        w->before = w->open;
    }
    w->open += grant;
    return (uint32_t)grant;
}

void
window_done(struct window *w, struct window_pool *pool)
{
    pool->lent -= w->lent;
    w->lent = 0;
}
