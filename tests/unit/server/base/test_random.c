/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/base/random.h"

/* A face of 100 is missed by 100,000 throws once in 10^434. */
static void
test_every_number_below_the_limit_comes_and_no_other(void **state)
{
    unsigned seen[100] = {0};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint32_t n = random_below(100);

        assert_true(n < 100);
        seen[n]++;
    }
    for (int i = 0; i < 100; i++) {
        assert_true(seen[i] > 0);
    }
    assert_int_equal(random_below(1), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_below_the_limit_comes_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
