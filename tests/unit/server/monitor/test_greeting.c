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
    const struct endpoint entries[] = {
        {.host = "db", .port = 5432, .from = {"conf", 7}}};
    struct settings s = {
        .allow_tcp_forwarding = {.value = FORWARD_LOCAL, .from = {"conf", 3}},
        .permit_open = {.list = entries, .count = 1},
        .explain_denials = {.value = EXPLAIN_BRIEF},
    };
    char out[GREETING_MAX];

    (void)state;
    greeting_write(out, &alice, &s, &key_limits_none);
    assert_string_equal(
        out, "You are alice, from 192.0.2.7 port 4242.\n"
             "This host only forwards connections; there is no shell.\n"
             "You may connect to (ssh -L, -D, -W, -J):\n"
             "  This host allows db:5432.\n"
             "You may not listen on any address and port (ssh -R).\n"
             "You may not connect to Unix sockets (ssh -L).\n"
             "You may not listen on Unix sockets (ssh -R).\n"
             "Ctrl-C, Ctrl-D or q ends this session.\n");
    s.explain_denials.value = EXPLAIN_FULL;
    greeting_write(out, &alice, &s, &key_limits_none);
    assert_non_null(strstr(out, "  This host allows db:5432. (conf:7)\n"));
    assert_non_null(strstr(out, "(ssh -R). (conf:3)\n"));
}

static void
test_both_lists_are_told(void **state)
{
    const struct endpoint db = {.host = "db", .port = 5432};
    const struct endpoint none = {.never = true};
    const struct settings s = {
        .allow_tcp_forwarding = {.value = FORWARD_ANY},
        .allow_stream_local_forwarding = {.value = FORWARD_ANY},
        .permit_open = {.list = &db, .count = 1},
        .permit_listen = {.list = &none, .count = 1},
    };
    struct key_limits key = {
        .port_forwarding = true,
        .permit_open = {.list = &db, .count = 1},
    };
    char out[GREETING_MAX];

    (void)state;
    greeting_write(out, &alice, &s, &key);
    assert_non_null(strstr(out, "  This host allows db:5432.\n"
                                "  Your key must allow it too, and allows "
                                "db:5432.\n"));
    assert_non_null(strstr(out, "This host allows nothing.\n"));
    assert_non_null(strstr(out, "that an entry above names.\n"));
}

static void
test_grants_denials_and_ceilings_are_told(void **state)
{
    const struct grant net = {
        .text = "10.0.0.0/8:443", .kind = GRANT_NETWORK, .from = {"conf", 4}};
    const struct grant bad = {.text = "*.bad:*", .kind = GRANT_GLOB};
    const struct grant there = {.text = "localhost:8000-8099",
                                .kind = GRANT_LOOPBACK};
    const struct grant source = {.text = "192.0.2.0/24", .kind = GRANT_NETWORK};
    const struct text_item socket = {.text = "/run/app/*.sock"};
    const struct port_range ports = {80, 90};
    const struct settings s = {
        .allow_tcp_forwarding = {.value = FORWARD_ANY},
        .allow_stream_local_forwarding = {.value = FORWARD_ANY},
        .grant_open = {.list = &net, .count = 1},
        .deny_open = {.list = &bad, .count = 1},
        .grant_listen = {.list = &there, .count = 1},
        .listen_from = {.list = &source, .count = 1},
        .privileged_ports = {.list = &ports, .count = 1},
        .grant_open_path = {.list = &socket, .count = 1},
        .max_forwards = {.value = 5, .from = {"conf", 9}},
        .connect_timeout_s = {.value = 0, .from = {"conf", 10}},
        .explain_denials = {.value = EXPLAIN_BRIEF},
    };
    char out[GREETING_MAX];

    (void)state;
    greeting_write(out, &alice, &s, &key_limits_none);
    assert_non_null(strstr(out,
                           "You may connect to (ssh -L, -D, -W, -J):\n"
                           "  This host allows 10.0.0.0/8:443.\n"
                           "  This host denies *.bad:*.\n"
                           "You may listen on (ssh -R):\n"
                           "  This host allows localhost:8000-8099.\n"
                           "  Without being root, there also on ports 80-90.\n"
                           "  Who connects there must come from 192.0.2.0/24.\n"
                           "You may connect to Unix sockets (ssh -L):\n"
                           "  This host allows /run/app/*.sock.\n"
                           "You may listen on Unix sockets (ssh -R).\n"
                           "At a time there may be 5 forwards.\n"
                           "Ctrl-C"));
}

static void
test_a_key_without_forwarding_is_told_so(void **state)
{
    static const struct key_limits restricted = {.port_forwarding = false};
    const struct settings s = {.allow_tcp_forwarding = {.value = FORWARD_ANY}};
    char out[GREETING_MAX];

    (void)state;
    greeting_write(out, &alice, &s, &restricted);
    assert_null(strstr(out, "You may connect"));
    assert_null(strstr(out, "You may listen"));
    greeting_write(out, &alice, &s, &key_limits_none);
    assert_non_null(strstr(out, "You may connect to any host and port"));
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
    assert_non_null(strstr(out, "q ends this session.\n"));
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
        cmocka_unit_test(test_both_lists_are_told),
        cmocka_unit_test(test_grants_denials_and_ceilings_are_told),
        cmocka_unit_test(test_a_key_without_forwarding_is_told_so),
        cmocka_unit_test(test_a_huge_list_is_cut_and_still_text),
        cmocka_unit_test(test_lines_get_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
