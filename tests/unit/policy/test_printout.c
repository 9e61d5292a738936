#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/printout.h"

static void
test_a_line_may_have_any_length(void **state)
{
    struct printout out = {0};

    (void)state;
    for (int i = 0; i < 10000; i++) {
        printout_add(&out, "%04d", i);
    }
    assert_false(out.failed);
    assert_int_equal(out.size, 40000);
    assert_int_equal(strlen(out.text), 40000);
    assert_memory_equal(out.text + 39996, "9999", 4);
    printout_clear(&out);
    assert_string_equal(out.text, "");
    printout_done(&out);
    assert_null(out.text);
}

static void
test_words_are_quoted_where_they_must_be(void **state)
{
    static const char *const rows[][2] = {
        {"a", "a"},
        {"a#b", "a#b"},
        {"", "\"\""},
        {"#a", "\"#a\""},
        {"a b", "\"a b\""},
        {"a\tb", "\"a\tb\""},
        {"a\"b", "\"a\\\"b\""},
        {"a\\b", "\"a\\\\b\""},
        {"it's", "\"it's\""},
        {"a\r", "\"a\r\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct printout out = {0};

        printout_word(&out, rows[i][0]);
        assert_string_equal(out.text, rows[i][1]);
        printout_done(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_may_have_any_length),
        cmocka_unit_test(test_words_are_quoted_where_they_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
