#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "policy/address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* printed NULL: not an address. */
static const struct parse_row {
    const char *shows;
    const char *text;
    enum address_family family;
    const char *printed;
} parse_rows[] = {
    {"four numbers", "192.0.2.1", ADDRESS_V4, "192.0.2.1"},
    {"the zero address", "0.0.0.0", ADDRESS_V4, "0.0.0.0"},
    {"v6 in its short form", "2001:db8::1", ADDRESS_V6, "2001:db8::1"},
    {"v6 in a long form is printed short", "2001:DB8:0:0:0:0:0:1", ADDRESS_V6,
     "2001:db8::1"},
    {"v4-mapped v6 is v4", "::ffff:192.0.2.1", ADDRESS_V4, "192.0.2.1"},
    {"v4-mapped in hexadecimal too", "::ffff:7f00:1", ADDRESS_V4, "127.0.0.1"},
    {"v4-compatible is not v4", "::192.0.2.1", ADDRESS_V6, "::192.0.2.1"},
    {"a link-local address with its scope", "fe80::1%2", ADDRESS_V6,
     "fe80::1%2"},
    {"a link-local address without one", "fe80::1", ADDRESS_V6, "fe80::1"},
    {"a scope is a number", "fe80::1%eth0", ADDRESS_NONE, NULL},
    {"a scope has digits", "fe80::1%", ADDRESS_NONE, NULL},
    {"a scope fits 32 bits", "fe80::1%4294967296", ADDRESS_NONE, NULL},
    {"a global address has no scope", "2001:db8::1%2", ADDRESS_NONE, NULL},
    {"v4 has no scope", "192.0.2.1%2", ADDRESS_NONE, NULL},
    {"two numbers are not an address", "127.1", ADDRESS_NONE, NULL},
    {"one number is not an address", "2130706433", ADDRESS_NONE, NULL},
    {"hexadecimal is not an address", "0x7f000001", ADDRESS_NONE, NULL},
    {"octal is not an address", "0177.0.0.1", ADDRESS_NONE, NULL},
    {"256 is too much", "256.0.0.1", ADDRESS_NONE, NULL},
    {"brackets are not part of an address", "[::1]", ADDRESS_NONE, NULL},
    {"a name is not an address", "localhost", ADDRESS_NONE, NULL},
    {"blanks are not part of an address", " 127.0.0.1", ADDRESS_NONE, NULL},
    {"nothing is not an address", "", ADDRESS_NONE, NULL},
};

static void
test_parse_row(void **state)
{
    const struct parse_row *row = *state;
    struct address a = {.scope = 77};
    char printed[ADDRESS_TEXT_MAX];

    assert_int_equal(address_parse(row->text, &a),
                     row->printed == NULL ? -EINVAL : 0);
    if (row->printed == NULL) {
        assert_int_equal(a.scope, 77);
        return;
    }
    assert_int_equal(a.family, row->family);
    address_format(&a, printed);
    assert_string_equal(printed, row->printed);
}

static const struct match_row {
    const char *shows;
    const char *list, *address;
    int r;
    enum list_match match;
} match_rows[] = {
    {"inside a block", "10.0.0.0/8", "10.255.0.1", 0, LIST_MATCH},
    {"outside a block", "10.0.0.0/8", "11.0.0.1", 0, LIST_NO_MATCH},
    {"a block that ends inside a byte, inside", "192.0.2.96/27", "192.0.2.127",
     0, LIST_MATCH},
    {"a block that ends inside a byte, outside", "192.0.2.96/27", "192.0.2.128",
     0, LIST_NO_MATCH},
    {"everything of one family", "0.0.0.0/0", "203.0.113.9", 0, LIST_MATCH},
    {"is nothing of the other", "0.0.0.0/0", "::1", 0, LIST_NO_MATCH},
    {"a v6 block", "2001:db8::/32", "2001:db8:ffff::1", 0, LIST_MATCH},
    {"a v6 block to the last bit", "2001:db8::2/127", "2001:db8::3", 0,
     LIST_MATCH},
    {"a v6 block does not hold v4", "::/0", "10.0.0.1", 0, LIST_NO_MATCH},
    {"a v4-mapped element matches nothing", "::ffff:10.0.0.1", "10.0.0.1", 0,
     LIST_NO_MATCH},
    {"nor does a v4-mapped block", "::ffff:0:0/96", "10.0.0.1", 0,
     LIST_NO_MATCH},
    {"a literal address", "10.0.0.1", "10.0.0.1", 0, LIST_MATCH},
    {"another spelling of the same address", "2001:DB8:0::1", "2001:db8::1", 0,
     LIST_MATCH},
    {"the scope counts", "fe80::1%2", "fe80::1%3", 0, LIST_NO_MATCH},
    {"a glob on the printed address", "10.*", "10.0.0.1", 0, LIST_MATCH},
    {"a glob on a v6 address", "fe80::*", "fe80::1%2", 0, LIST_MATCH},
    {"a name is a glob that does not match", "bastion", "10.0.0.1", 0,
     LIST_NO_MATCH},
    {"the last of several", "192.0.2.1,10.0.0.0/8", "10.0.0.1", 0, LIST_MATCH},
    {"a negation wins, first", "!10.0.0.1,10.0.0.0/8", "10.0.0.1", 0,
     LIST_NEGATED},
    {"a negation wins, last", "10.0.0.0/8,!10.0.0.1", "10.0.0.1", 0,
     LIST_NEGATED},
    {"a negation alone does not match others", "!10.0.0.1", "10.0.0.2", 0,
     LIST_NO_MATCH},
    {"an empty list is an error", "", "10.0.0.1", -EINVAL, 0},
    {"an empty element is an error", "10.0.0.1,,10.0.0.2", "10.0.0.1", -EINVAL,
     0},
    {"an empty last element is an error", "10.0.0.1,", "10.0.0.1", -EINVAL, 0},
    {"a lone ! is an error", "!", "10.0.0.1", -EINVAL, 0},
    {"bits after the prefix are an error", "10.0.0.1/8", "10.0.0.1", -EINVAL,
     0},
    {"also inside a byte", "10.0.0.96/26", "10.0.0.1", -EINVAL, 0},
    {"33 bits of v4 are an error", "10.0.0.0/33", "10.0.0.1", -EINVAL, 0},
    {"129 bits of v6 are an error", "::/129", "::1", -EINVAL, 0},
    {"no bits are an error", "10.0.0.0/", "10.0.0.1", -EINVAL, 0},
    {"a negative number of bits is an error", "10.0.0.0/-1", "10.0.0.1",
     -EINVAL, 0},
    {"a network mask is an error", "10.0.0.0/255.0.0.0", "10.0.0.1", -EINVAL,
     0},
    {"a block of a name is an error", "bastion/8", "10.0.0.1", -EINVAL, 0},
    {"a short address is an error", "10.1", "10.0.0.1", -EINVAL, 0},
    {"a number is an error", "167772161", "10.0.0.1", -EINVAL, 0},
    {"a hexadecimal number is an error", "0x0a.0.0.1", "10.0.0.1", -EINVAL, 0},
    {"a name that begins with digits is a name", "1.de", "10.0.0.1", 0,
     LIST_NO_MATCH},
    {"digits and a star are a glob", "10.0.*.1", "10.0.9.1", 0, LIST_MATCH},
    {"mistakes after a match are found", "10.0.0.1,10.0.0.1/8", "10.0.0.1",
     -EINVAL, 0},
    {"no address: nothing matches", "0.0.0.0/0,::/0,*,!x", NULL, 0,
     LIST_NO_MATCH},
    {"no address: mistakes are found", "10.0.0.1/8", NULL, -EINVAL, 0},
};

static void
test_match_row(void **state)
{
    const struct match_row *row = *state;
    enum list_match match = LIST_NO_MATCH;
    struct address a = {0};
    struct diag err = {.text = ""};

    if (row->address != NULL) {
        assert_int_equal(address_parse(row->address, &a), 0);
    }
    assert_int_equal(address_match_list(row->list, &a, &match, &err), row->r);
    assert_int_equal(match, row->match);
    assert_int_equal(err.text[0] != '\0', row->r < 0);
}

static bool
is(bool (*predicate)(const struct address *), const char *text)
{
    struct address a = {0};

    assert_int_equal(address_parse(text, &a), 0);
    return predicate(&a);
}

static void
test_loopback_and_wildcard(void **state)
{
    static const struct address none;

    (void)state;
    assert_true(is(address_is_loopback, "127.0.0.1"));
    assert_true(is(address_is_loopback, "127.255.255.254"));
    assert_true(is(address_is_loopback, "::1"));
    assert_true(is(address_is_loopback, "::ffff:127.0.0.1"));
    assert_false(is(address_is_loopback, "128.0.0.1"));
    assert_false(is(address_is_loopback, "::2"));
    assert_false(is(address_is_loopback, "7f00::"));
    assert_true(is(address_is_wildcard, "0.0.0.0"));
    assert_true(is(address_is_wildcard, "::"));
    assert_false(is(address_is_wildcard, "0.0.0.1"));
    assert_false(is(address_is_wildcard, "::1"));
    assert_false(address_is_loopback(&none));
    assert_false(address_is_wildcard(&none));
}

static void
test_equal_means_family_bytes_and_scope(void **state)
{
    struct address a = {.family = ADDRESS_V6, .bytes = {10}};
    struct address b = a;

    (void)state;
    assert_true(address_equal(&a, &b));
    b.scope = 1;
    assert_false(address_equal(&a, &b));
    b = a;
    b.bytes[15] = 1;
    assert_false(address_equal(&a, &b));
    b = a;
    b.family = ADDRESS_V4;
    assert_false(address_equal(&a, &b));
    a.family = ADDRESS_V4;
    b.bytes[15] = 1; /* beyond what a v4 address has */
    assert_true(address_equal(&a, &b));
}

static void
test_no_address_prints_as_nothing(void **state)
{
    static const struct address none;
    char printed[ADDRESS_TEXT_MAX] = "untouched";

    (void)state;
    address_format(&none, printed);
    assert_string_equal(printed, "");
}

static void
test_what_is_dialled_is_what_the_kernel_makes_of_it(void **state)
{
    static const struct {
        const char *address, *dialled;
    } rows[] = {
        {"0.0.0.0", "127.0.0.1"},   {"::", "::1"},
        {"192.0.2.1", "192.0.2.1"}, {"2001:db8::1", "2001:db8::1"},
        {"0.0.0.1", "0.0.0.1"},     {"::1", "::1"},
        {"fe80::1%2", "fe80::1%2"},
    };
    struct address mapped = {
        .family = ADDRESS_V6,
        .bytes = {[10] = 0xff, [11] = 0xff, [12] = 0, [15] = 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address a, expected, got;

        assert_int_equal(address_parse(rows[i].address, &a), 0);
        assert_int_equal(address_parse(rows[i].dialled, &expected), 0);
        got = address_dialled(&a);
        assert_true(address_equal(&got, &expected));
    }
    mapped = address_dialled(&mapped); /* ::ffff:0.0.0.0 */
    assert_int_equal(mapped.family, ADDRESS_V4);
    assert_true(address_is_loopback(&mapped));
}

static void
test_a_mask_leaves_the_first_bits(void **state)
{
    static const struct {
        const char *address;
        uint32_t bits;
        const char *masked;
    } rows[] = {
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
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[ADDRESS_TEXT_MAX];
        struct address a;

        assert_int_equal(address_parse(rows[i].address, &a), 0);
        address_mask(&a, rows[i].bits);
        address_format(&a, text);
        assert_string_equal(text, rows[i].masked);
    }
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(parse_rows) + COUNT(match_rows) + 5] = {
        cmocka_unit_test(test_a_mask_leaves_the_first_bits),
        cmocka_unit_test(test_what_is_dialled_is_what_the_kernel_makes_of_it),
        cmocka_unit_test(test_loopback_and_wildcard),
        cmocka_unit_test(test_equal_means_family_bytes_and_scope),
        cmocka_unit_test(test_no_address_prints_as_nothing),
    };
    size_t count = 5;

    for (size_t i = 0; i < COUNT(parse_rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = parse_rows[i].shows,
            .test_func = test_parse_row,
            .initial_state = (void *)(uintptr_t)&parse_rows[i],
        };
    }
    for (size_t i = 0; i < COUNT(match_rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = match_rows[i].shows,
            .test_func = test_match_row,
            .initial_state = (void *)(uintptr_t)&match_rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
