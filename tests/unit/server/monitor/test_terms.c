#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/monitor/terms.h"

static void
test_every_time_finds_its_place(void **state)
{
    static const struct text_item items[] = {
        {.text = "direct-tcpip=10"},
        {.text = "forwarded-*=20"},
        {.text = "*=30"},
        {.text = "global=40"},
    };
    const struct settings s = {
        .rekey_limit = {.bytes = 1ULL << 40, .seconds = 3600},
        .max_sessions = {.value = 3},
        .forward_rate_limit_bytes = {.value = 1ULL << 33},
        .max_forward_window = {.each = 1 << 20, .total = 1 << 30},
        .client_alive_interval_s = {.value = 15},
        .client_alive_count_max = {.value = 4},
        .unused_connection_timeout_s = {.value = 300},
        .channel_timeout = {.list = items, .count = 4},
    };
    const struct msg_terms m = terms_of(&s);

    (void)state;
    assert_int_equal(m.rekey_bytes, 1ULL << 40);
    assert_int_equal(m.rekey_seconds, 3600);
    assert_int_equal(m.max_sessions, 3);
    assert_int_equal(m.alive_interval, 15);
    assert_int_equal(m.alive_count_max, 4);
    assert_int_equal(m.unused_timeout, 300);
    assert_int_equal(m.idle_timeout[CHANNEL_DIRECT_TCPIP], 10);
    assert_int_equal(m.idle_timeout[CHANNEL_FORWARDED_TCPIP], 20);
    assert_int_equal(m.idle_timeout[CHANNEL_DIRECT_PATH], 30);
    assert_int_equal(m.idle_timeout[CHANNEL_FORWARDED_PATH], 20);
    assert_int_equal(m.global_timeout, 40);
    assert_int_equal(m.forward_rate, 1ULL << 33);
    assert_int_equal(m.window_each, 1 << 20);
    assert_int_equal(m.window_total, 1 << 30);
}

static void
test_nothing_said_is_no_clock(void **state)
{
    static const struct settings s;
    const struct msg_terms m = terms_of(&s);

    (void)state;
    assert_int_equal(m.alive_interval, 0);
    assert_int_equal(m.unused_timeout, 0);
    assert_int_equal(m.global_timeout, 0);
    for (int kind = 0; kind < CHANNEL_KIND_COUNT; kind++) {
        assert_int_equal(m.idle_timeout[kind], 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_time_finds_its_place),
        cmocka_unit_test(test_nothing_said_is_no_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
