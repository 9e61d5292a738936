/* How many bytes may go, and whose turn it is. */
#include "server/ssh/rate.h"

#define MILLI 1000 /* thousandths; and milliseconds in a second */

static uint64_t
full(const struct rate *r)
{
    uint64_t burst = r->bytes_per_s * RATE_BURST_MS;

    return burst > MILLI ? burst : MILLI; /* a byte has to fit in */
}

static void
fill(struct rate *r, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - r->filled_ms;

    r->filled_ms = now_ms;
    if (passed_ms > RATE_BURST_MS * MILLI) {
        r->milli = full(r);
        return;
    }
    r->milli += r->bytes_per_s * passed_ms;
    if (r->milli > full(r)) {
        r->milli = full(r);
    }
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t
spend(struct rate *r, size_t most)
{
    size_t bytes = least((size_t)(r->milli / MILLI), most);

    r->milli -= bytes * MILLI;
    return bytes;
}

static void
wait_in_line(struct rate *r, struct rate_ticket *t)
{
    if (!t->is_waiting) {
        t->is_waiting = true;
        t->next = NULL;
        *r->tail = t;
        r->tail = &t->next;
        r->waiting++;
    }
}

void
rate_init(struct rate *r, uint64_t bytes_per_s, uint64_t now_ms)
{
    *r = (struct rate){.bytes_per_s = bytes_per_s, .filled_ms = now_ms};
    r->tail = &r->head;
    r->milli = full(r);
}

size_t
rate_take(struct rate *r, struct rate_ticket *t, size_t want, uint64_t now_ms)
{
    size_t bytes = 0;

    if (r->bytes_per_s == 0 || want == 0) {
        return want;
    }
    if (t->granted > 0) {
        bytes = least(t->granted, want);
        t->granted -= bytes;
        return bytes;
    }
    if (r->waiting == 0 && r->crowd < 2) {
        fill(r, now_ms);
        bytes = spend(r, want);
    }
    if (bytes == 0) {
        wait_in_line(r, t);
    }
    return bytes;
}

void
rate_give_back(struct rate *r, size_t bytes)
{
    r->milli += bytes * MILLI;
}

size_t
rate_begin_round(struct rate *r)
{
    r->crowd = r->waiting;
    return r->crowd;
}

struct rate_ticket *
rate_deal(struct rate *r, size_t among, uint64_t now_ms)
{
    struct rate_ticket *t = r->head;
    size_t part = 0;

    fill(r, now_ms);
    if (t == NULL || among == 0 || r->milli < MILLI) {
        return NULL;
    }
    part = (size_t)(r->milli / MILLI) / among;
    t->granted = spend(r, part > RATE_PART_MIN ? part : RATE_PART_MIN);
    rate_leave(r, t);
    return t;
}

void
rate_settle(struct rate *r, struct rate_ticket *t)
{
    rate_give_back(r, t->granted);
    t->granted = 0;
}

void
rate_leave(struct rate *r, struct rate_ticket *t)
{
    struct rate_ticket **p = &r->head;

    if (!t->is_waiting) {
        return;
    }
    while (*p != t) {
        p = &(*p)->next;
    }
    *p = t->next;
    if (r->tail == &t->next) {
        r->tail = p;
    }
    t->is_waiting = false;
    r->waiting--;
}

uint64_t
rate_tick_ms(const struct rate *r)
{
    uint64_t ms = RATE_PART_MIN * MILLI / (r->bytes_per_s + 1);

    if (ms < RATE_TICK_MIN_MS) {
        return RATE_TICK_MIN_MS;
    }
    return ms > RATE_TICK_MAX_MS ? RATE_TICK_MAX_MS : ms;
}
