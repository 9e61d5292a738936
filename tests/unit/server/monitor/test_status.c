#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/monitor/status.h"

static char db[] = "db\"\n", empty[] = "", path[] = "/run/x";

static struct forward to_path = {
    .number = 5,
    .kind = CHANNEL_DIRECT_PATH,
    .state = FORWARD_CONNECTING,
    .host = path,
};
static const struct forward direct = {
    .next = &to_path,
    .number = 2,
    .kind = CHANNEL_DIRECT_TCPIP,
    .state = FORWARD_OPEN,
    .host = db,
    .port = 5432,
    .peer = "127.0.0.1",
    .peer_port = 99,
    .at = {.family = ADDRESS_V4, .bytes = {10, 0, 0, 5}},
    .opened_ms = 1000,
};
static const struct listener back = {
    .number = 3,
    .state = LISTENER_LIVE,
    .host = empty,
    .bound = 4000,
    .places = {{.family = ADDRESS_V4}},
    .place_count = 1,
};

static struct status
example(void)
{
    return (struct status){
        .who = {"alice", "192.0.2.7", 4242},
        .since_s = 0,
        .now_s = 90,
        .loop_ms = 4500,
        .forwards = &direct,
        .forward_count = 2,
        .listeners = &back,
        .listener_count = 1,
    };
}

static void
test_text(void **state)
{
    struct status s = example();
    char out[LIMIT_STATUS_BYTES];

    (void)state;
    status_write(out, &s);
    assert_string_equal(
        out, "You are alice, from 192.0.2.7 port 4242, since "
             "1970-01-01T00:00:00Z.\n"
             "1 listeners:\n"
             "  3: \"\" port 0, live on 0.0.0.0 port 4000\n"
             "2 forwards; their bytes are told when they close:\n"
             "  2: direct-tcpip db\"\\012 port 5432 at 10.0.0.5, from "
             "127.0.0.1 port 99, open for 3 seconds\n"
             "  5: direct-streamlocal /run/x, connecting\n");
}

static void
test_json(void **state)
{
    struct status s = example();
    char out[LIMIT_STATUS_BYTES];

    (void)state;
    status_write_json(out, &s);
    assert_string_equal(
        out, "{\"user\":\"alice\",\"ip\":\"192.0.2.7\",\"port\":4242,"
             "\"since\":\"1970-01-01T00:00:00Z\",\"seconds\":90,"
             "\"listeners\":[{\"id\":3,\"state\":\"live\",\"host\":\"\","
             "\"port\":0,\"bound_port\":4000,\"addresses\":[\"0.0.0.0\"]}],"
             "\"forwards\":[{\"id\":2,\"kind\":\"direct-tcpip\","
             "\"state\":\"open\",\"host\":\"db\\\"\\\\012\",\"port\":5432,"
             "\"address\":\"10.0.0.5\",\"peer\":\"127.0.0.1\","
             "\"peer_port\":99,\"seconds\":3},"
             "{\"id\":5,\"kind\":\"direct-streamlocal\","
             "\"state\":\"connecting\",\"path\":\"/run/x\",\"seconds\":0}],"
             "\"listener_count\":1,\"forward_count\":2,\"left_out\":0}\n");
}

/* Names of control bytes are eight times as long when they are escaped. */
static void
test_what_does_not_fit_is_counted(void **state)
{
    static char name[1025];
    static struct forward many[LIMIT_FORWARDS];
    struct status s = example();
    char out[LIMIT_STATUS_BYTES];
    size_t length = 0;

    (void)state;
    memset(name, 1, sizeof(name) - 1);
    for (size_t i = 0; i < LIMIT_FORWARDS; i++) {
        many[i] = direct;
        many[i].host = name;
        many[i].next = i + 1 < LIMIT_FORWARDS ? &many[i + 1] : NULL;
    }
    s.forwards = many;
    s.forward_count = LIMIT_FORWARDS;
    status_write_json(out, &s);
    length = strlen(out);
    assert_true(length > LIMIT_STATUS_BYTES / 2);
    assert_string_equal(out + length - 2, "}\n");
    assert_null(strstr(out, "\"left_out\":0}"));
    assert_non_null(strstr(out, "}],\"listener_count\":1,"));
    status_write(out, &s);
    assert_non_null(strstr(out, " more.\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_what_does_not_fit_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
