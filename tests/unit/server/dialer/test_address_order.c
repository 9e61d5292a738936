#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/dialer/address_order.h"
#include "tests/unit/server/dialer/loopback.h"

/* The addresses of families, "4" and "6", and the order that is expected. */
static void
assert_order(const char *families, const char *expected)
{
    struct msg_addresses list = {.count = (uint32_t)strlen(families)};
    uint8_t order[LIMIT_ADDRESSES];

    for (uint32_t i = 0; i < list.count; i++) {
        list.list[i] =
            loopback_address(families[i] == '4' ? "127.0.0.1" : "::1");
    }
    address_order(&list, order);
    for (uint32_t i = 0; i < list.count; i++) {
        char digit = "0123456789abcdef"[order[i]];

        assert_int_equal(digit, expected[i]);
    }
}

static void
test_families_take_turns(void **state)
{
    (void)state;
    assert_order("64", "01");
    assert_order("6644", "0213");
    assert_order("4466", "0213");
    assert_order("4646", "0123");
    assert_order("6664", "0312");
    assert_order("6444", "0123");
    assert_order("4666666666666664", "01f23456789abcde");
}

static void
test_one_family_stays_as_it_is(void **state)
{
    (void)state;
    assert_order("", "");
    assert_order("4", "0");
    assert_order("666", "012");
    assert_order("4444444444444444", "0123456789abcdef");
}

/* The list comes from another process. */
static void
test_what_is_no_family_keeps_its_place_among_the_others(void **state)
{
    struct msg_addresses list = {.count = 3};
    uint8_t order[LIMIT_ADDRESSES];

    (void)state;
    list.list[0].family = 99;
    list.list[1] = loopback_address("::1");
    list.list[2] = loopback_address("127.0.0.1");
    address_order(&list, order);
    assert_int_equal(order[0], 0);
    assert_int_equal(order[1], 1);
    assert_int_equal(order[2], 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_families_take_turns),
        cmocka_unit_test(test_one_family_stays_as_it_is),
        cmocka_unit_test(
            test_what_is_no_family_keeps_its_place_among_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
