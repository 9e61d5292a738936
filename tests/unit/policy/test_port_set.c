#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/port_set.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_ports_and_ranges_are_read(void **state)
{
    static const struct {
        const char *text;
        uint16_t first, last; /* 0: not a range */
    } rows[] = {
        {"80", 80, 80},
        {"8000-8099", 8000, 8099},
        {"1-65535", 1, 65535},
        {"80-80", 80, 80},
        {"", 0, 0},
        {"0", 0, 0},
        {"0-9", 0, 0},
        {"9-8", 0, 0},
        {"65536", 0, 0},
        {"1-65536", 0, 0},
        {"80-", 0, 0},
        {"-80", 0, 0},
        {"80 ", 0, 0},
        {"80-90-", 0, 0},
        {"http", 0, 0},
        {"99999999999", 0, 0},
        {"+80", 0, 0},
        {"*", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct port_range range = {0};

        assert_int_equal(port_range_parse(rows[i].text, &range),
                         rows[i].first != 0);
        assert_int_equal(range.first, rows[i].first);
        assert_int_equal(range.last, rows[i].last);
    }
}

/* Every range against a walk over all ports. */
static void
test_a_set_holds_what_was_added_and_not_removed(void **state)
{
    static const struct port_range in[] = {
        {1, 1}, {5, 90}, {16, 31}, {65530, 65535}};
    static const struct port_range out[] = {{7, 8}, {20, 40}, {65535, 65535}};
    struct port_set set = {{0}};

    (void)state;
    for (size_t i = 0; i < COUNT(in); i++) {
        port_set_add(&set, in[i]);
    }
    for (size_t i = 0; i < COUNT(out); i++) {
        port_set_remove(&set, out[i]);
    }
    for (uint32_t port = 0; port <= UINT16_MAX; port++) {
        bool want = false;

        for (size_t i = 0; i < COUNT(in); i++) {
            want = want || port_range_holds(&in[i], port);
        }
        for (size_t i = 0; i < COUNT(out); i++) {
            want = want && !port_range_holds(&out[i], port);
        }
        assert_int_equal(port_set_holds(&set, (uint16_t)port), want);
    }
}

static void
test_port_0_is_in_no_set(void **state)
{
    struct port_set set = {{0}};

    (void)state;
    port_set_add(&set, PORT_RANGE_ALL);
    assert_false(port_set_holds(&set, 0));
    assert_true(port_set_is_all_from(&set, 0));
    port_set_remove(&set, (struct port_range){1, 1023});
    assert_false(port_set_is_all_from(&set, 0));
    assert_true(port_set_is_all_from(&set, 1024));
    port_set_remove(&set, (struct port_range){65535, 65535});
    assert_false(port_set_is_all_from(&set, 1024));
}

static void
test_the_next_port_goes_round(void **state)
{
    struct port_set set = {{0}};

    (void)state;
    assert_int_equal(port_set_next(&set, 1), 0);
    port_set_add(&set, (struct port_range){8000, 8001});
    assert_int_equal(port_set_next(&set, 0), 8000);
    assert_int_equal(port_set_next(&set, 8001), 8001);
    assert_int_equal(port_set_next(&set, 8002), 8000);
    assert_int_equal(port_set_next(&set, 65535), 8000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ports_and_ranges_are_read),
        cmocka_unit_test(test_a_set_holds_what_was_added_and_not_removed),
        cmocka_unit_test(test_port_0_is_in_no_set),
        cmocka_unit_test(test_the_next_port_goes_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
