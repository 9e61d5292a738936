#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/timeouts.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct text_item items[] = {
    {.text = "direct-tcpip=0"},
    {.text = "global=90"},
    {.text = "direct*=5m"},
    {.text = "forwarded-streamlocal@openssh.com=1h1m"},
    {.text = "global=1"},
    {.text = "*=7"},
};

static const struct texts_setting list = {.list = items, .count = COUNT(items)};

static void
test_the_first_pattern_that_matches_counts(void **state)
{
    (void)state;
    assert_int_equal(timeouts_find(&list, "direct-tcpip"), 0);
    assert_int_equal(timeouts_find(&list, "direct-streamlocal@openssh.com"),
                     300);
    assert_int_equal(timeouts_find(&list, "forwarded-streamlocal@openssh.com"),
                     3660);
    assert_int_equal(timeouts_find(&list, "forwarded-tcpip"), 7);
}

static void
test_global_is_a_word_and_no_pattern(void **state)
{
    static const struct text_item glob[] = {{.text = "*=5"},
                                            {.text = "glob*=6"}};
    const struct texts_setting globs = {.list = glob, .count = COUNT(glob)};

    (void)state;
    assert_int_equal(timeouts_global(&list), 90);
    assert_int_equal(timeouts_global(&globs), 0);
    assert_int_equal(timeouts_find(&list, "global"), 7);
}

static void
test_no_entry_is_no_time(void **state)
{
    static const struct texts_setting none;

    (void)state;
    assert_int_equal(timeouts_find(&none, "direct-tcpip"), 0);
    assert_int_equal(timeouts_global(&none), 0);
}

static void
test_entries_that_are_none(void **state)
{
    static const char *const bad[] = {"",     "=",    "=5",          "a",
                                      "a=",   "a=b",  "a=-1",        "a=1=2",
                                      "a=1y", "a= 1", "a=2147483648"};
    uint64_t seconds = 77;
    size_t size = 77;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(timeouts_read(bad[i], &size, &seconds));
    }
    assert_int_equal(size, 77);
    assert_int_equal(seconds, 77);
    assert_true(timeouts_read("a b=2m", &size, &seconds));
    assert_int_equal(size, 3);
    assert_int_equal(seconds, 120);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_pattern_that_matches_counts),
        cmocka_unit_test(test_global_is_a_word_and_no_pattern),
        cmocka_unit_test(test_no_entry_is_no_time),
        cmocka_unit_test(test_entries_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
