#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/base/pace.h"
#include "server/limits.h"

static void
test_the_first_is_told_and_then_one_a_minute_with_a_count(void **state)
{
    struct pace p = {0};
    unsigned held_back = 7;

    (void)state;
    assert_true(pace_allows(&p, 5, &held_back));
    assert_int_equal(held_back, 0);
    for (unsigned i = 0; i < 40; i++) {
        assert_false(pace_allows(&p, 5 + i, &held_back));
    }
    assert_false(pace_allows(&p, 5 + LIMIT_PACE_MS - 1, &held_back));
    assert_true(pace_allows(&p, 5 + LIMIT_PACE_MS, &held_back));
    assert_int_equal(held_back, 41);
    assert_false(pace_allows(&p, 6 + LIMIT_PACE_MS, &held_back));
    assert_int_equal(p.held_back, 1);
}

static void
test_time_may_begin_anywhere(void **state)
{
    struct pace p = {0};
    unsigned held_back = 0;

    (void)state;
    assert_true(pace_allows(&p, 0, &held_back));
    assert_false(pace_allows(&p, 0, &held_back));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_the_first_is_told_and_then_one_a_minute_with_a_count),
        cmocka_unit_test(test_time_may_begin_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
