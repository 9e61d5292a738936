#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/monitor/words.h"

static const struct words_who alice = {"alice", "192.0.2.7", 4242};
static const struct words_forward direct = {
    .number = 3,
    .host = "db",
    .port = 5432,
};
static const struct words_forward accepted = {
    .number = 4,
    .kind = CHANNEL_FORWARDED_TCPIP,
    .host = "localhost",
    .port = 8080,
    .peer = "198.51.100.9",
    .peer_port = 999,
};
static const struct words_forward to_path = {
    .number = 5,
    .kind = CHANNEL_DIRECT_PATH,
    .host = "/run/app.sock",
};
static const struct words_forward by_path = {
    .number = 6,
    .kind = CHANNEL_FORWARDED_PATH,
    .host = "/tmp/x",
};
static const struct words_listener on_path = {.is_path = true,
                                              .host = "/tmp/x"};
static const struct decision by_rule = {
    VERDICT_ALLOW, REASON_PERMITTED, {"/etc/portcullis/sshd_config", 12}};
static const struct address db = {
    .family = ADDRESS_V4,
    .bytes = {10, 0, 0, 5},
};

static struct decision
deny(enum reason reason)
{
    return (struct decision){VERDICT_DENY, reason, {"conf", 7}};
}

static void
test_rules_have_a_line_or_are_the_default(void **state)
{
    static const struct origin none = {0};
    char out[64];

    (void)state;
    words_rule(&by_rule.from, out, sizeof(out));
    assert_string_equal(out, "/etc/portcullis/sshd_config:12");
    words_rule(&none, out, sizeof(out));
    assert_string_equal(out, "default");
}

static void
test_forward_opened(void **state)
{
    char out[WORDS_MAX];

    (void)state;
    words_forward_opened(out, &alice, &direct, &db, &by_rule);
    assert_string_equal(
        out, "forward 3 opened: user alice from 192.0.2.7 port 4242, "
             "direct-tcpip to db port 5432 at 10.0.0.5 port 5432, "
             "permitted by /etc/portcullis/sshd_config:12");
    words_forward_opened(out, &alice, &accepted, NULL, NULL);
    assert_string_equal(
        out, "forward 4 opened: user alice from 192.0.2.7 port 4242, "
             "forwarded-tcpip localhost port 8080 from 198.51.100.9 port 999");
}

static void
test_forward_closed(void **state)
{
    char out[WORDS_MAX];

    (void)state;
    words_forward_closed(out, &alice, &direct, 10, 123456789012, 61007);
    assert_string_equal(
        out, "forward 3 closed: user alice from 192.0.2.7 port 4242, "
             "direct-tcpip to db port 5432, 10 bytes up, "
             "123456789012 bytes down, 61.007 seconds");
    words_forward_closed(out, &alice, &accepted, WORDS_BYTES_UNKNOWN,
                         WORDS_BYTES_UNKNOWN, 0);
    assert_string_equal(
        out, "forward 4 closed: user alice from 192.0.2.7 port 4242, "
             "forwarded-tcpip localhost port 8080 from 198.51.100.9 port 999, "
             "unknown bytes up, unknown bytes down, 0.000 seconds");
}

static void
test_forward_failed(void **state)
{
    char out[WORDS_MAX];

    (void)state;
    words_forward_failed(out, &alice, &direct, "Connection refused");
    assert_string_equal(
        out, "forward 3 failed: user alice from 192.0.2.7 port 4242, "
             "direct-tcpip to db port 5432: Connection refused");
}

static void
test_open_refused_by_a_switch_and_by_a_list(void **state)
{
    struct words_forward f = direct;
    struct decision why = deny(REASON_DIRECTION_OFF);
    char out[WORDS_MAX];

    (void)state;
    f.peer = "127.0.0.1";
    f.peer_port = 5000;
    words_open_refused(out, &alice, &f, &why);
    assert_string_equal(
        out, "refused local port forward: originator 127.0.0.1 port 5000, "
             "target db port 5432; user alice from 192.0.2.7 port 4242, "
             "direction-off by conf:7");
    why = deny(REASON_NOT_PERMITTED);
    words_open_refused(out, &alice, &f, &why);
    assert_string_equal(
        out, "Received request from 192.0.2.7 port 4242 to connect to host db "
             "port 5432, but the request was denied; user alice, "
             "not-permitted by conf:7");
}

static void
test_listeners(void **state)
{
    const struct address places[] = {db, {.family = ADDRESS_V6}};
    static const struct words_listener star = {.host = "*", .port = 80};
    static const struct words_listener any = {.host = "", .port = 0};
    static const struct words_listener here = {.host = "localhost",
                                               .port = 8080};
    struct decision why = deny(REASON_NOT_PERMITTED);
    char out[WORDS_MAX];

    (void)state;
    words_listen_refused(out, &alice, &star, &why);
    assert_string_equal(
        out, "Received request from 192.0.2.7 port 4242 to remote forward to "
             "host * port 80, but the request was denied; user alice, "
             "not-permitted by conf:7");
    words_listen_opened(out, &alice, &any, places, 2, 40000, &by_rule);
    assert_string_equal(
        out, "listen opened: user alice from 192.0.2.7 port 4242, "
             "tcpip-forward  port 0 on 10.0.0.5 port 40000, :: port 40000, "
             "permitted by /etc/portcullis/sshd_config:12");
    words_listen_closed(out, &alice, &here);
    assert_string_equal(out,
                        "listen closed: user alice from 192.0.2.7 port 4242, "
                        "tcpip-forward localhost port 8080");
    words_listen_failed(out, &alice, &here, "Address already in use");
    assert_string_equal(
        out, "listen failed: user alice from 192.0.2.7 port 4242, "
             "tcpip-forward localhost port 8080: Address already in use");
}

static void
test_forwards_of_paths(void **state)
{
    char out[WORDS_MAX];

    (void)state;
    words_forward_opened(out, &alice, &to_path, NULL, &by_rule);
    assert_string_equal(
        out, "forward 5 opened: user alice from 192.0.2.7 port 4242, "
             "direct-streamlocal to /run/app.sock, "
             "permitted by /etc/portcullis/sshd_config:12");
    words_forward_opened(out, &alice, &by_path, NULL, NULL);
    assert_string_equal(
        out, "forward 6 opened: user alice from 192.0.2.7 port 4242, "
             "forwarded-streamlocal /tmp/x");
    words_forward_closed(out, &alice, &to_path, 1, 2, 3004);
    assert_string_equal(
        out, "forward 5 closed: user alice from 192.0.2.7 port 4242, "
             "direct-streamlocal to /run/app.sock, 1 bytes up, "
             "2 bytes down, 3.004 seconds");
    words_forward_failed(out, &alice, &to_path, "No such file or directory");
    assert_string_equal(
        out, "forward 5 failed: user alice from 192.0.2.7 port 4242, "
             "direct-streamlocal to /run/app.sock: No such file or directory");
}

static void
test_an_open_of_a_path_is_refused_in_sshds_words(void **state)
{
    struct decision why = deny(REASON_PATH_DIRECTION_OFF);
    char out[WORDS_MAX];

    (void)state;
    words_open_refused(out, &alice, &to_path, &why);
    assert_string_equal(
        out, "refused streamlocal port forward: originator UNKNOWN port 0, "
             "target /run/app.sock; user alice from 192.0.2.7 port 4242, "
             "path-direction-off by conf:7");
    why = deny(REASON_NOT_PERMITTED);
    words_open_refused(out, &alice, &to_path, &why);
    assert_string_equal(
        out, "Received request from 192.0.2.7 port 4242 to connect to path "
             "/run/app.sock, but the request was denied; user alice, "
             "not-permitted by conf:7");
}

static void
test_listeners_on_paths(void **state)
{
    struct decision why = deny(REASON_DIRECTION_OFF);
    char out[WORDS_MAX];

    (void)state;
    words_listen_refused(out, &alice, &on_path, &why);
    assert_string_equal(
        out, "Received request from 192.0.2.7 port 4242 to remote forward to "
             "path \"/tmp/x\", but the request was denied; user alice, "
             "direction-off by conf:7");
    words_listen_opened(out, &alice, &on_path, NULL, 0, 0, &by_rule);
    assert_string_equal(out,
                        "listen opened: user alice from 192.0.2.7 port 4242, "
                        "streamlocal-forward /tmp/x, "
                        "permitted by /etc/portcullis/sshd_config:12");
    words_listen_closed(out, &alice, &on_path);
    assert_string_equal(out,
                        "listen closed: user alice from 192.0.2.7 port 4242, "
                        "streamlocal-forward /tmp/x");
    words_listen_failed(out, &alice, &on_path, "Address already in use");
    assert_string_equal(out,
                        "listen failed: user alice from 192.0.2.7 port 4242, "
                        "streamlocal-forward /tmp/x: Address already in use");
}

static void
test_a_long_name_hides_neither_user_nor_rule(void **state)
{
    char host[2000], out[WORDS_MAX];
    struct words_forward f = direct;
    struct decision why = deny(REASON_NOT_PERMITTED);

    (void)state;
    memset(host, 'x', sizeof(host));
    host[sizeof(host) - 1] = '\0';
    f.host = host;
    words_open_refused(out, &alice, &f, &why);
    assert_non_null(strstr(out, "; user alice, not-permitted by conf:7"));
}

static void
test_a_client_is_told_the_reason_in_a_word(void **state)
{
    (void)state;
    assert_string_equal(words_refusal(REASON_NOT_PERMITTED), "not permitted");
    assert_string_equal(words_refusal(REASON_DIRECTION_OFF), "not permitted");
    assert_string_equal(words_refusal(REASON_BAD_PORT), "bad port");
    assert_string_equal(words_refusal(REASON_BAD_NAME), "bad host name");
    assert_string_equal(words_refusal(REASON_BAD_PATH), "bad path");
    assert_string_equal(words_refusal(REASON_PATH_DIRECTION_OFF),
                        "not permitted");
}

static void
test_a_refused_connection_to_a_listener_names_all(void **state)
{
    const struct decision why = deny(REASON_SOURCE_NOT_LISTED);
    char out[WORDS_MAX];

    (void)state;
    words_offer_refused(out, &alice, &accepted, &why);
    assert_string_equal(
        out, "refused connection to listener: user alice from 192.0.2.7 port "
             "4242, forwarded-tcpip localhost port 8080 from 198.51.100.9 port "
             "999, source-not-listed by conf:7");
    assert_string_equal(words_refusal(REASON_TOO_MANY_FORWARDS),
                        "too many forwards");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_refused_connection_to_a_listener_names_all),
        cmocka_unit_test(test_rules_have_a_line_or_are_the_default),
        cmocka_unit_test(test_forward_opened),
        cmocka_unit_test(test_forward_closed),
        cmocka_unit_test(test_forward_failed),
        cmocka_unit_test(test_open_refused_by_a_switch_and_by_a_list),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_forwards_of_paths),
        cmocka_unit_test(test_an_open_of_a_path_is_refused_in_sshds_words),
        cmocka_unit_test(test_listeners_on_paths),
        cmocka_unit_test(test_a_long_name_hides_neither_user_nor_rule),
        cmocka_unit_test(test_a_client_is_told_the_reason_in_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
