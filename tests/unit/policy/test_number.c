#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "policy/number.h"

static void
test_numbers_are_read_as_strtonum_does(void **state)
{
    static const struct {
        const char *text;
        int r;
        uint64_t value;
    } rows[] = {
        {"0", 0, 0},
        {"100", 0, 100},
        {"0100", 0, 100},
        {" \t\n\v\f\r+7", 0, 7},
        {"-0", 0, 0},
        {"101", -ERANGE, 0},
        {"99999999999999999999999999", -ERANGE, 0},
        {"-1", -EDOM, 0},
        {"-99999999999999999999999999", -EDOM, 0},
        {"", -EINVAL, 0},
        {" ", -EINVAL, 0},
        {"+", -EINVAL, 0},
        {"+-1", -EINVAL, 0},
        {"- 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1x", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"-1x", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 55;

        print_message("\"%s\"\n", rows[i].text);
        assert_int_equal(number_read(rows[i].text, 100, &value), rows[i].r);
        assert_int_equal(value, rows[i].r == 0 ? rows[i].value : 55);
    }
}

static void
test_digits_saturate_just_above_the_limit(void **state)
{
    const char *p = "12345678901234567890123x";

    (void)state;
    assert_int_equal(number_digits(&p, 1000), 1001);
    assert_int_equal(*p, 'x');
    assert_int_equal(number_digits(&p, 1000), 0);
    assert_int_equal(*p, 'x');
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_read_as_strtonum_does),
        cmocka_unit_test(test_digits_saturate_just_above_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
