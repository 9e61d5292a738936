/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/listener/log_limit.h"

/* Of count events in the second now: how many lines; adds up held_back. */
static unsigned
lines(struct log_limit *l, uint64_t now, unsigned count, unsigned *held_back)
{
    unsigned written = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned told = 0;

        written += log_limit_allows(l, now, &told) ? 1 : 0;
        *held_back += told;
    }
    return written;
}

static const struct log_limit fresh = {
    .burst = 4,
    .depth = 10,
    .calm_s = 20,
    .every_s = 300,
};

static void
test_single_events_are_all_written(void **state)
{
    struct log_limit l = fresh;
    unsigned held_back = 0;

    (void)state;
    for (uint64_t now = 1000; now < 2000; now++) {
        assert_int_equal(lines(&l, now, 1, &held_back), 1);
    }
    assert_int_equal(held_back, 0);
}

static void
test_a_flood_is_one_line_in_a_while(void **state)
{
    struct log_limit l = fresh;
    unsigned held_back = 0;

    (void)state;
    assert_int_equal(lines(&l, 1000, 100, &held_back), 3);
    for (uint64_t now = 1001; now < 1300; now++) {
        assert_int_equal(lines(&l, now, 100, &held_back), 0);
    }
    assert_int_equal(held_back, 0);
    assert_int_equal(lines(&l, 1300, 100, &held_back), 1);
    assert_int_equal(held_back, 97 + 299 * 100);
}

static void
test_calm_has_to_last(void **state)
{
    struct log_limit l = fresh;
    unsigned held_back = 0;

    (void)state;
    lines(&l, 1000, 100, &held_back);
    assert_int_equal(lines(&l, 1010, 1, &held_back), 0); /* it looks calm */
    assert_int_equal(lines(&l, 1030, 1, &held_back), 0); /* not long enough */
    assert_int_equal(lines(&l, 1031, 1, &held_back), 1);
    assert_int_equal(held_back, 97 + 2);
    assert_int_equal(lines(&l, 1032, 1, &held_back), 1);
    assert_int_equal(held_back, 97 + 2);
}

static void
test_a_long_pause_is_calm(void **state)
{
    struct log_limit l = fresh;
    unsigned held_back = 0;

    (void)state;
    lines(&l, 1000, 100, &held_back);
    assert_int_equal(lines(&l, 1021, 1, &held_back), 1);
    assert_int_equal(held_back, 97);
}

static void
test_a_new_flood_ends_the_calm(void **state)
{
    struct log_limit l = fresh;
    unsigned held_back = 0;

    (void)state;
    lines(&l, 1000, 100, &held_back);
    assert_int_equal(lines(&l, 1010, 1, &held_back), 0);
    assert_int_equal(lines(&l, 1015, 100, &held_back), 0);
    assert_int_equal(lines(&l, 1031, 1, &held_back), 0);
    assert_int_equal(held_back, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_events_are_all_written),
        cmocka_unit_test(test_a_flood_is_one_line_in_a_while),
        cmocka_unit_test(test_calm_has_to_last),
        cmocka_unit_test(test_a_long_pause_is_calm),
        cmocka_unit_test(test_a_new_flood_ends_the_calm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
