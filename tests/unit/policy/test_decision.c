#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/decision.h"

static void
test_every_reason_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const char *name = reason_name((enum reason)i);

        assert_non_null(name);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(name));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(name, reason_name((enum reason)j));
        }
    }
}

static void
test_numbers_that_are_no_reason_have_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(reason_name(REASON_COUNT), "unknown");
    assert_string_equal(reason_name((enum reason)(REASON_COUNT + 1)),
                        "unknown");
}

static void
test_zeroed_memory_refuses(void **state)
{
    static const struct decision nothing;

    (void)state;
    assert_int_equal(nothing.verdict, VERDICT_DENY);
    assert_string_equal(reason_name(nothing.reason), "unknown-request");
}

static void
test_lists_and_forms_are_no_switches(void **state)
{
    (void)state;
    assert_true(reason_is_switch(REASON_FORWARDING_DISABLED));
    assert_true(reason_is_switch(REASON_DIRECTION_OFF));
    assert_true(reason_is_switch(REASON_PATH_DIRECTION_OFF));
    assert_true(reason_is_switch(REASON_KEY_FORWARDING_OFF));
    assert_false(reason_is_switch(REASON_KEY_NOT_PERMITTED));
    assert_false(reason_is_switch(REASON_NOT_PERMITTED));
    assert_false(reason_is_switch(REASON_BAD_PATH));
    assert_false(reason_is_switch(REASON_UNKNOWN_REQUEST));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_reason_has_a_name_of_its_own),
        cmocka_unit_test(test_numbers_that_are_no_reason_have_a_name_too),
        cmocka_unit_test(test_zeroed_memory_refuses),
        cmocka_unit_test(test_lists_and_forms_are_no_switches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
