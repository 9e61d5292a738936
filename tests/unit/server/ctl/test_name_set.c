/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/ctl/name_set.h"

#include <stdio.h>

static void
test_each_text_is_in_it_once_and_in_order(void **state)
{
    struct name_set set = {0};
    char text[16];

    (void)state;
    assert_false(name_set_has(&set, "0"));
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 1000; i++) {
            snprintf(text, sizeof(text), "%zu", i);
            assert_int_equal(name_set_add(&set, text), i);
        }
    }
    assert_int_equal(set.count, 1000);
    assert_string_equal(set.list[999], "999");
    assert_true(name_set_has(&set, "500"));
    assert_false(name_set_has(&set, "1000"));
    assert_int_equal(name_set_add_sized(&set, "12345", 2), 12);
    name_set_done(&set);
    name_set_done(&set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_text_is_in_it_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
