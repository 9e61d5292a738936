#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/network.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct network
network(const char *text)
{
    struct network n = {0};
    struct diag diag = {0};

    assert_int_equal(network_parse(text, strlen(text), &n, &diag), 0);
    return n;
}

static const struct {
    const char *block, *address;
    bool holds;
} rows[] = {
    {"10.0.0.0/8", "10.255.255.255", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"0.0.0.0/0", "203.0.113.9", true},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "10.0.0.1", false},
    {"192.0.2.128/25", "192.0.2.127", false},
    {"192.0.2.128/25", "192.0.2.128", true},
    {"192.0.2.1/32", "192.0.2.1", true},
    {"192.0.2.1/32", "192.0.2.0", false},
    {"fd00::/9", "fd7f::1", true},
    {"fd00::/9", "fd80::1", false},
    {"fe80::/10", "fe80::1%3", true},
    {"::1/128", "::1", true},
};

static void
test_blocks_hold_what_begins_as_they_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct network n = network(rows[i].block);
        struct address a = {0};

        assert_int_equal(address_parse(rows[i].address, &a), 0);
        if (network_holds(&n, &a) != rows[i].holds) {
            fail_msg("%s in %s", rows[i].address, rows[i].block);
        }
    }
}

static void
test_what_is_no_block(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"10.0.0.0", "\"10.0.0.0\" is not a network"},
        {"db/8", "\"db/8\" is not a network"},
        {"10.1/16", "\"10.1/16\" is not a network"},
        {"10.0.0.0/", "\"10.0.0.0/\" has a prefix length that is not 0-32"},
        {"10.0.0.0/33", "\"10.0.0.0/33\" has a prefix length that is not 0-32"},
        {"::/129", "\"::/129\" has a prefix length that is not 0-128"},
        {"10.0.0.0/ 8", "\"10.0.0.0/ 8\" has a prefix length that is not 0-32"},
        {"10.0.0.1/8", "\"10.0.0.1/8\" has bits set after its prefix"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct network n = {0};
        struct diag diag = {0};

        assert_true(network_parse(bad[i].text, strlen(bad[i].text), &n, &diag) <
                    0);
        assert_string_equal(diag.text, bad[i].words);
    }
}

static void
test_mapped_blocks_become_v4_and_wider_ones_stay(void **state)
{
    struct network n = network("::ffff:10.0.0.0/104");

    (void)state;
    network_unmap(&n);
    assert_int_equal(n.base.family, ADDRESS_V4);
    assert_int_equal(n.bits, 8);
    n = network("::/0");
    network_unmap(&n);
    assert_int_equal(n.base.family, ADDRESS_V6);
}

static void
test_a_block_covers_the_smaller_ones_in_it(void **state)
{
    struct network ten = network("10.0.0.0/8");
    struct network one = network("10.1.0.0/16");

    (void)state;
    assert_true(network_covers(&ten, &one));
    assert_true(network_covers(&one, &one));
    assert_false(network_covers(&one, &ten));
}

static void
test_a_mask_leaves_the_first_bits(void **state)
{
    static const struct {
        const char *address;
        uint32_t bits;
        const char *masked;
    } masks[] = {
        {"255.255.255.255", 32, "255.255.255.255"},
        {"255.255.255.255", 128, "255.255.255.255"},
        {"255.255.255.255", 31, "255.255.255.254"},
        {"255.255.255.255", 25, "255.255.255.128"},
        {"255.255.255.255", 24, "255.255.255.0"},
        {"255.255.255.255", 1, "128.0.0.0"},
        {"255.255.255.255", 0, "0.0.0.0"},
        {"2001:db8:ffff:ffff::1", 128, "2001:db8:ffff:ffff::1"},
        {"2001:db8:ffff:ffff::1", 127, "2001:db8:ffff:ffff::"},
        {"2001:db8:ffff:ffff::1", 49, "2001:db8:ffff:8000::"},
        {"2001:db8:ffff:ffff::1", 0, "::"},
        {"fe80::1%2", 64, "fe80::%2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(masks); i++) {
        char text[ADDRESS_TEXT_MAX];
        struct address a;

        assert_int_equal(address_parse(masks[i].address, &a), 0);
        a = network_mask(&a, masks[i].bits);
        address_format(&a, text);
        assert_string_equal(text, masks[i].masked);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mask_leaves_the_first_bits),
        cmocka_unit_test(test_blocks_hold_what_begins_as_they_do),
        cmocka_unit_test(test_what_is_no_block),
        cmocka_unit_test(test_mapped_blocks_become_v4_and_wider_ones_stay),
        cmocka_unit_test(test_a_block_covers_the_smaller_ones_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
