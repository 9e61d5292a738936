#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/monitor/greeting.h"

static const struct words_who alice = {"alice", "192.0.2.7", 4242};

static void
test_it_says_who_and_what_and_how_to_leave(void **state)
{
    const struct endpoint entries[] = {{.host = "db", .port = 5432}};
    const struct settings s = {
        .allow_tcp_forwarding = {.value = FORWARD_LOCAL},
        .permit_open = {.list = entries, .count = 1},
    };
    char out[GREETING_MAX];

    (void)state;
    greeting_write(out, &alice, &s, &key_limits_none);
    assert_string_equal(
        out,
        "You are alice, from 192.0.2.7 port 4242.\n"
        "This host only forwards connections; there is no shell.\n"
        "To other hosts (ssh -L, -D, -W, -J): permitted where each of these "
        "says so.\n"
        "  this host: db:5432\n"
        "Listening here for you (ssh -R): not permitted.\n"
        "Ctrl-C, Ctrl-D or q ends this session.\n");
}

static void
test_a_key_without_forwarding_is_told_so(void **state)
{
    static const struct key_limits restricted = {.port_forwarding = false};
    const struct settings s = {.allow_tcp_forwarding = {.value = FORWARD_ANY}};
    char out[GREETING_MAX];

    (void)state;
    greeting_write(out, &alice, &s, &restricted);
    assert_null(strstr(out, "everywhere"));
    greeting_write(out, &alice, &s, &key_limits_none);
    assert_non_null(strstr(out, "everywhere"));
}

static void
test_a_huge_list_is_cut_and_still_text(void **state)
{
    struct endpoint entries[100];
    char name[1000], out[GREETING_MAX];
    const struct settings s = {
        .allow_tcp_forwarding = {.value = FORWARD_ANY},
        .permit_open = {.list = entries, .count = 100},
    };

    (void)state;
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    for (size_t i = 0; i < 100; i++) {
        entries[i] = (struct endpoint){.host = name, .port = 80};
    }
    greeting_write(out, &alice, &s, &key_limits_none);
    assert_true(strlen(out) < GREETING_MAX);
}

static void
test_lines_get_returns(void **state)
{
    char out[16], small[6];

    (void)state;
    greeting_add_returns("a\nb\n", out, sizeof(out));
    assert_string_equal(out, "a\r\nb\r\n");
    greeting_add_returns("a\nb\n", small, sizeof(small));
    assert_string_equal(small, "a\r\nb");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_says_who_and_what_and_how_to_leave),
        cmocka_unit_test(test_a_key_without_forwarding_is_told_so),
        cmocka_unit_test(test_a_huge_list_is_cut_and_still_text),
        cmocka_unit_test(test_lines_get_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
