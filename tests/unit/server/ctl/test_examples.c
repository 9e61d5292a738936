/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/ctl/examples.h"

#include <string.h>

static void
assert_examples(struct name_set *set, const char *const *expected)
{
    for (size_t i = 0; expected[i] != NULL || i < set->count; i++) {
        assert_non_null(expected[i]);
        assert_true(i < set->count);
        assert_string_equal(set->list[i], expected[i]);
    }
    name_set_done(set);
}

static void
test_networks_are_looked_at_from_both_sides(void **state)
{
    static const struct {
        const char *list, *expected[6];
    } rows[] = {
        {"10.0.0.0/8",
         {"10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"}},
        {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}},
        {"!192.0.2.7", {"192.0.2.7", "192.0.2.6", "192.0.2.8"}},
        {"fd00::/9",
         {"fd00::", "fd7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
          "fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fd80::"}},
        {"10.1.*", {"10.1.1.1"}},
        {"10.1.2.?", {"10.1.2.1"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct name_set set = {0};

        examples_of_addresses(&set, NULL, rows[i].list);
        assert_examples(&set, rows[i].expected);
    }
}

static void
test_names_among_addresses_are_names(void **state)
{
    struct name_set addresses = {0}, names = {0};

    (void)state;
    examples_of_addresses(&addresses, &names, "*.example.org,192.0.2.7/32,x?");
    assert_examples(&names, (const char *[]){"x.example.org", "xx", NULL});
    assert_int_equal(addresses.count, 3);
    name_set_done(&addresses);
}

static void
test_patterns_are_filled_in(void **state)
{
    struct name_set set = {0};

    (void)state;
    examples_of_list(&set, "alice,!bob,admin-*,*,d?");
    assert_examples(&set,
                    (const char *[]){"alice", "bob", "admin-x", "dx", NULL});
}

static void
test_ranges_of_ports_have_ends_and_neighbours(void **state)
{
    struct name_set set = {0};

    (void)state;
    examples_of_ports(&set, (struct port_range){8000, 8099});
    examples_of_ports(&set, PORT_RANGE_ALL);
    examples_of_ports(&set, (struct port_range){65535, 65535});
    assert_examples(&set, (const char *[]){"8000", "8099", "7999", "8100",
                                           "65535", "65534", NULL});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_are_looked_at_from_both_sides),
        cmocka_unit_test(test_names_among_addresses_are_names),
        cmocka_unit_test(test_patterns_are_filled_in),
        cmocka_unit_test(test_ranges_of_ports_have_ends_and_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
