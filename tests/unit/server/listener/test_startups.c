/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/listener/startups.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The table of sshd_config(5): how many of 100 equal throws are dropped. */
static const struct row {
    uint64_t start, rate, full;
    size_t waiting;
    unsigned dropped;
} rows[] = {
    {10, 30, 100, 0, 0},
    {10, 30, 100, 9, 0},
    {10, 30, 100, 10, 30},
    {10, 30, 100, 11, 30},
    {10, 30, 100, 55, 65},
    {10, 30, 100, 99, 99},
    {10, 30, 100, 100, 100},
    {10, 30, 100, 5000, 100},
    {10, 100, 100, 9, 0},
    {10, 100, 100, 10, 100},
    {7, 30, 7, 6, 0},
    {7, 30, 7, 7, 100},
    {1, 1, 2, 1, 1},
    {1, 1, 2147483647, 0, 0},
    {1, 1, 2147483647, 2147483646, 99},
};

static void
test_the_share_that_is_dropped_grows_from_start_to_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct startups_setting s = {
            .start = rows[i].start,
            .rate = rows[i].rate,
            .full = rows[i].full,
        };
        unsigned dropped = 0;

        for (unsigned dice = 0; dice < 100; dice++) {
            dropped += startups_drop(&s, rows[i].waiting, dice) ? 1 : 0;
        }
        assert_int_equal(dropped, rows[i].dropped);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_the_share_that_is_dropped_grows_from_start_to_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
