#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/limits.h"
#include "server/ssh/window.h"

#define FAST 10    /* ms for half a window */
#define SLOW 60000 /* the same, of a slow client */

/* MaxForwardWindow, in bytes */
#define MOST ((size_t)16 << 20)
#define TOTAL ((size_t)64 << 20)

static struct window_pool pool;
static struct window w;
static uint64_t now_ms;

static void
begin(uint32_t first)
{
    now_ms = 0;
    window_init(&w, &pool, first, now_ms);
}

static int
reset(void **state)
{
    (void)state;
    pool = (struct window_pool){.most = MOST, .total = TOTAL};
    begin(LIMIT_WINDOW);
    return 0;
}

/*
 * A client that is so far away uses up what it has; so much of it is not
 * delivered.
 */
static uint32_t
use_up(uint64_t away_ms, size_t held)
{
    now_ms += away_ms;
    assert_true(window_take(&w, w.open, now_ms));
    return window_grant(&w, &pool, held, now_ms);
}

static void
test_a_byte_beyond_the_window_is_refused(void **state)
{
    (void)state;
    assert_true(window_take(&w, LIMIT_WINDOW - 1, 0));
    assert_false(window_take(&w, 2, 0));
    assert_true(window_take(&w, 1, 0));
    assert_false(window_take(&w, 1, 0));
}

static void
test_nothing_is_granted_before_half_is_used(void **state)
{
    (void)state;
    assert_true(window_take(&w, LIMIT_WINDOW / 2 - 1, 0));
    assert_int_equal(window_grant(&w, &pool, 0, FAST), 0);
    assert_true(window_take(&w, 1, 0));
    assert_true(window_grant(&w, &pool, 0, FAST) > 0);
}

static void
test_what_is_not_delivered_is_not_granted_again(void **state)
{
    (void)state;
    assert_int_equal(use_up(FAST, LIMIT_WINDOW), 0);
    assert_int_equal(window_grant(&w, &pool, LIMIT_WINDOW / 2, now_ms),
                     LIMIT_WINDOW / 2);
}

static void
test_it_grows_while_the_target_keeps_up_and_no_further(void **state)
{
    size_t before = 0;

    (void)state;
    while (w.open != before) {
        before = w.open;
        use_up(FAST, 0);
        assert_true(w.open <= MOST);
        assert_true(pool.lent <= TOTAL);
    }
    assert_int_equal(w.open, MOST);
    assert_int_equal(pool.lent, MOST - LIMIT_WINDOW);
}

/* Half a window at a time, in pieces, and no pause where the grant counts. */
static void
test_it_does_not_grow_for_a_near_client(void **state)
{
    size_t piece = LIMIT_WINDOW_FIRST / 64;

    (void)state;
    begin(LIMIT_WINDOW_FIRST);
    for (int i = 0; i < 1000; i++) {
        now_ms += i % 64 == 5 ? 3 * FAST : 1; /* a pause somewhere else */
        assert_true(window_take(&w, piece, now_ms));
        window_grant(&w, &pool, 0, now_ms);
    }
    assert_int_equal(w.size, LIMIT_WINDOW_FIRST);
}

/* 16 ms of bytes, and 16 ms of waiting: twice as much had been right. */
static void
test_it_grows_by_what_the_client_waited(void **state)
{
    size_t piece = LIMIT_WINDOW_FIRST / 32;

    (void)state;
    begin(LIMIT_WINDOW_FIRST);
    for (int i = 0; i < 16 + 16; i++) {
        now_ms += 1;
        assert_true(window_take(&w, piece, now_ms));
        window_grant(&w, &pool, 0, now_ms);
    }
    now_ms += 16;
    while (w.size == LIMIT_WINDOW_FIRST) {
        assert_true(window_take(&w, piece, now_ms));
        window_grant(&w, &pool, 0, now_ms);
    }
    assert_int_equal(w.size, 2 * LIMIT_WINDOW_FIRST);
}

/* Else the bursts of a far one settle at half a window a round trip. */
static void
test_a_client_lacks_little_of_a_large_window(void **state)
{
    size_t piece = LIMIT_WINDOW_FIRST / 64;

    (void)state;
    while (w.open < MOST) {
        use_up(FAST, 0);
    }
    for (size_t sent = 0; sent < 2 * MOST; sent += piece) {
        assert_true(window_take(&w, piece, now_ms));
        window_grant(&w, &pool, 0, now_ms);
        assert_true(w.open > MOST - LIMIT_WINDOW_FIRST / 4);
    }
}

static void
test_it_does_not_grow_for_a_slow_client(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        use_up(1000, 0);
    }
    assert_int_equal(w.open, LIMIT_WINDOW);
}

static void
test_it_shrinks_when_the_target_lags_or_nothing_moves(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        use_up(FAST, 0);
    }
    for (int i = 0; i < 10; i++) {
        use_up(FAST, w.size / 4);
    }
    assert_int_equal(w.size, LIMIT_WINDOW_FIRST);
    for (int i = 0; i < 10; i++) {
        use_up(1000, w.size / 4);
    }
    assert_int_equal(w.size, LIMIT_WINDOW);
    for (int i = 0; i < 10; i++) {
        use_up(FAST, 0);
    }
    for (int i = 0; i < 10; i++) {
        use_up(SLOW, 0);
    }
    assert_int_equal(w.open, LIMIT_WINDOW);
    assert_int_equal(pool.lent, 0);
}

static void
test_one_pause_costs_one_half_of_it(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        use_up(FAST, 0);
    }
    now_ms += SLOW;
    assert_true(window_take(&w, MOST / 2, now_ms));
    assert_int_equal(window_grant(&w, &pool, 0, now_ms), 0);
    assert_int_equal(w.size, MOST / 2);
    assert_true(window_take(&w, MOST / 4, now_ms));
    assert_true(window_grant(&w, &pool, 0, now_ms + FAST) > 0);
    assert_true(w.size >= MOST / 2);
}

static void
test_all_windows_together_stay_below_the_pool(void **state)
{
    struct window other[64];

    (void)state;
    for (int i = 0; i < 64; i++) {
        begin(window_first(&pool));
        for (int k = 0; k < 10; k++) {
            use_up(FAST, 0);
        }
        other[i] = w;
        assert_true(w.open >= LIMIT_WINDOW);
        assert_true(pool.lent <= TOTAL);
    }
    for (int i = 0; i < 64; i++) {
        window_done(&other[i], &pool);
    }
    assert_int_equal(pool.lent, 0);
}

static void
test_channels_that_never_speak_leave_room_to_grow(void **state)
{
    uint32_t first = window_first(&pool);

    (void)state;
    assert_int_equal(first, LIMIT_WINDOW_FIRST);
    for (int i = 0; i < 1000; i++) {
        begin(window_first(&pool));
    }
    assert_true(pool.lent <= TOTAL / 4);
    for (int i = 0; i < 10; i++) {
        use_up(FAST, 0);
    }
    assert_int_equal(w.open, MOST);
}

static const struct {
    size_t most, total, first, last; /* in units of LIMIT_WINDOW */
} bounds[] = {
    {1, 1, 1, 1},    /* nothing to grow to */
    {8, 1024, 8, 8}, /* the first one is the last one */
    {64, 64, 5, 64}, /* a sixteenth of the total at first */
    {64, 1024, 16, 64}, {8192, 8192, 16, 8192},
};

/* What MaxForwardWindow allows is never exceeded, by none and by all. */
static void
test_bounds_of_a_window(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        pool = (struct window_pool){
            .most = bounds[i].most * LIMIT_WINDOW,
            .total = bounds[i].total * LIMIT_WINDOW,
        };
        begin(window_first(&pool));
        assert_int_equal(w.open, bounds[i].first * LIMIT_WINDOW);
        for (int k = 0; k < 40; k++) {
            use_up(FAST, 0);
            assert_true(w.open <= pool.most);
            assert_true(pool.lent <= pool.total);
        }
        assert_int_equal(w.open / LIMIT_WINDOW, bounds[i].last);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_byte_beyond_the_window_is_refused, reset),
        cmocka_unit_test_setup(test_nothing_is_granted_before_half_is_used,
                               reset),
        cmocka_unit_test_setup(test_what_is_not_delivered_is_not_granted_again,
                               reset),
        cmocka_unit_test_setup(
            test_it_grows_while_the_target_keeps_up_and_no_further, reset),
        cmocka_unit_test_setup(test_it_does_not_grow_for_a_near_client, reset),
        cmocka_unit_test_setup(test_it_grows_by_what_the_client_waited, reset),
        cmocka_unit_test_setup(test_a_client_lacks_little_of_a_large_window,
                               reset),
        cmocka_unit_test_setup(test_it_does_not_grow_for_a_slow_client, reset),
        cmocka_unit_test_setup(
            test_it_shrinks_when_the_target_lags_or_nothing_moves, reset),
        cmocka_unit_test_setup(test_one_pause_costs_one_half_of_it, reset),
        cmocka_unit_test_setup(test_all_windows_together_stay_below_the_pool,
                               reset),
        cmocka_unit_test_setup(
            test_channels_that_never_speak_leave_room_to_grow, reset),
        cmocka_unit_test_setup(test_bounds_of_a_window, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
