#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/ssh/rate.h"

#define WANT 65536
#define TAKERS 4

/* Everybody takes all they can, a tick after the other; bytes each got. */
static void
run(struct rate *r, struct rate_ticket *tickets, size_t count, size_t *got,
    uint64_t *now_ms, uint64_t until_ms)
{
    for (; *now_ms < until_ms; *now_ms += rate_tick_ms(r)) {
        for (size_t i = 0; i < count; i++) {
            if (!tickets[i].is_waiting) {
                got[i] += rate_take(r, &tickets[i], WANT, *now_ms);
            }
        }
        for (size_t left = rate_begin_round(r); left > 0; left--) {
            struct rate_ticket *t = rate_deal(r, left, *now_ms);

            if (t == NULL) {
                break;
            }
            got[t - tickets] += rate_take(r, t, WANT, *now_ms);
            rate_settle(r, t);
        }
    }
}

static void
test_no_limit_is_no_limit(void **state)
{
    struct rate r = {0};
    struct rate_ticket t = {0};

    (void)state;
    assert_int_equal(rate_take(&r, &t, SIZE_MAX, 0), SIZE_MAX);
    rate_init(&r, 0, 0);
    assert_int_equal(rate_take(&r, &t, 1 << 30, 0), 1 << 30);
    assert_false(t.is_waiting);
}

static void
test_the_rate_is_exact_and_shared_alike(void **state)
{
    static const uint64_t rates[] = {1, 1000, 65536, 1 << 20, 8 << 20};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct rate_ticket tickets[TAKERS] = {{0}};
        size_t got[TAKERS] = {0}, sum = 0, burst = 0;
        uint64_t now_ms = 5000;
        struct rate r;

        rate_init(&r, rates[i], now_ms);
        burst = (size_t)(r.milli / 1000);
        run(&r, tickets, TAKERS, got, &now_ms, 5000 + 100000);
        for (size_t j = 0; j < TAKERS; j++) {
            sum += got[j];
        }
        assert_in_range(sum, rates[i] * 99, rates[i] * 101 + burst);
        for (size_t j = 0; i > 1 && j < TAKERS; j++) {
            assert_in_range(got[j], sum / TAKERS * 98 / 100,
                            sum / TAKERS * 102 / 100);
        }
    }
}

static void
test_a_pause_saves_up_no_more_than_a_burst(void **state)
{
    struct rate_ticket t = {0};
    struct rate r;

    (void)state;
    rate_init(&r, 1000, 0);
    assert_int_equal(rate_take(&r, &t, WANT, 0), RATE_BURST_MS);
    assert_int_equal(rate_take(&r, &t, WANT, UINT64_MAX / 2), RATE_BURST_MS);
    assert_int_equal(rate_take(&r, &t, WANT, UINT64_MAX / 2), 0);
    assert_true(t.is_waiting);
}

static void
test_nobody_overtakes_those_who_wait(void **state)
{
    struct rate_ticket first = {0}, second = {0};
    struct rate r;

    (void)state;
    rate_init(&r, 1000, 0);
    rate_take(&r, &first, WANT, 0);
    assert_int_equal(rate_take(&r, &first, WANT, 0), 0);
    assert_int_equal(rate_take(&r, &second, 1, 50), 0);
    assert_ptr_equal(rate_deal(&r, 2, 50), &first);
    assert_int_equal(rate_take(&r, &first, WANT, 50), 50);
    rate_settle(&r, &first);
    assert_null(rate_deal(&r, 1, 50));
    assert_ptr_equal(rate_deal(&r, 1, 60), &second);
}

static void
test_what_is_not_used_is_not_lost(void **state)
{
    struct rate_ticket a = {0}, b = {0};
    struct rate r;

    (void)state;
    rate_init(&r, 10000, 0);
    assert_int_equal(rate_take(&r, &a, 1000, 0), 1000);
    rate_give_back(&r, 400);
    assert_int_equal(rate_take(&r, &b, WANT, 0), 400);
    assert_int_equal(rate_take(&r, &a, 1, 0), 0);
    assert_ptr_equal(rate_deal(&r, 1, 10), &a);
    assert_int_equal(rate_take(&r, &a, 1, 10), 1);
    rate_settle(&r, &a);
    assert_int_equal(rate_take(&r, &b, WANT, 10), 99);
}

static void
test_who_leaves_is_not_dealt_to(void **state)
{
    struct rate_ticket t[3] = {{0}};
    struct rate r;

    (void)state;
    rate_init(&r, 1000, 0);
    rate_take(&r, &t[0], WANT, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rate_take(&r, &t[i], WANT, 0), 0);
    }
    rate_leave(&r, &t[2]);
    rate_leave(&r, &t[0]);
    rate_leave(&r, &t[0]);
    assert_int_equal(r.waiting, 1);
    assert_int_equal(rate_take(&r, &t[2], WANT, 0), 0); /* in line again */
    assert_ptr_equal(rate_deal(&r, 2, 1000), &t[1]);
    rate_settle(&r, &t[1]);
    assert_ptr_equal(rate_deal(&r, 1, 1000), &t[2]);
    assert_int_equal(r.waiting, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_limit_is_no_limit),
        cmocka_unit_test(test_the_rate_is_exact_and_shared_alike),
        cmocka_unit_test(test_a_pause_saves_up_no_more_than_a_burst),
        cmocka_unit_test(test_nobody_overtakes_those_who_wait),
        cmocka_unit_test(test_what_is_not_used_is_not_lost),
        cmocka_unit_test(test_who_leaves_is_not_dealt_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
