#ifndef SERVER_SSH_RATE_H
#define SERVER_SSH_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A token bucket that many share fairly.  Who finds it empty waits in a queue;
 * what comes in is dealt out in equal parts to those that wait, the longest
 * waiting first.  Pure: the caller has the clock and the timer.
 */

#define RATE_BURST_MS 100  /* of tokens: what a pause may save up */
#define RATE_TICK_MIN_MS 5 /* between two deals */
#define RATE_TICK_MAX_MS 50
#define RATE_PART_MIN 512 /* bytes: a smaller part is not worth a packet */

/*
 * One who takes tokens.  Invariants: is_waiting exactly when in the bucket's
 * queue; granted is what it was dealt and has to use now.
 */
struct rate_ticket {
    struct rate_ticket *next;
    void *owner; /* the caller's own */
    bool is_waiting;
    size_t granted;
};

struct rate {
    uint64_t bytes_per_s; /* 0: no limit */
    uint64_t milli;       /* tokens: thousandths of a byte */
    uint64_t filled_ms;
    struct rate_ticket *head, **tail;
    size_t waiting;
    size_t crowd; /* how many waited when the last round began */
};

/* A full bucket; r must stay where it is. */
void rate_init(struct rate *r, uint64_t bytes_per_s, uint64_t now_ms);

/*
 * May `want` bytes be moved?  Returns how many of them may; 0: t waits now,
 * until rate_deal() comes to it.  now_ms must not go back.
 */
size_t rate_take(struct rate *r, struct rate_ticket *t, size_t want,
                 uint64_t now_ms);

/* Bytes that were taken and not moved. */
void rate_give_back(struct rate *r, size_t bytes);

/*
 * A round of deals begins: how many take part in it.  Where that is more than
 * one, all bytes go by rounds until there is a smaller one; otherwise whoever
 * asks first after a round would have the lot.
 */
size_t rate_begin_round(struct rate *r);

/*
 * The next one that is to move bytes, with its part in ->granted, which
 * rate_take() gives it; call rate_settle() on it afterwards.  NULL: none.
 * `among` is for how many of this round there has to be enough, with it.
 */
struct rate_ticket *rate_deal(struct rate *r, size_t among, uint64_t now_ms);

/* Take back what it did not use. */
void rate_settle(struct rate *r, struct rate_ticket *t);

/* t takes no part any more. */
void rate_leave(struct rate *r, struct rate_ticket *t);

/* How long until a deal is worth it, in ms, for who waits. */
uint64_t rate_tick_ms(const struct rate *r);

#endif
