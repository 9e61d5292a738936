#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/decide.h"
#include "tests/unit/policy/decision_check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * B.5: a Unix socket needs its direction in both keywords; opens go by the
 * lists, where only an entry for any port can name a path.
 */
#define PATH "/run/x.sock"
#define P 5432

static const struct endpoint only_v4[] = {
    {.host = "127.0.0.1", .port = P, .from = {"t", 11}}};
static const struct endpoint any_443[] = {
    {.host = "*", .port = 443, .from = {"t", 15}}};
static const struct endpoint none[] = {
    {.host = "*", .never = true, .from = {"t", 16}}};
static const struct endpoint two[] = {
    {.host = "db", .port = P, .from = {"t", 17}},
    {.host = "web", .port = 443, .from = {"t", 18}}};
static const struct endpoint any_any[] = {
    {.host = "*", .port = 0, .from = {"t", 51}}};
static const struct endpoint this_path[] = {
    {.host = PATH, .port = 0, .from = {"t", 52}}};
static const struct endpoint path_with_port[] = {
    {.host = PATH, .port = P, .from = {"t", 53}}};
static const struct endpoint other_path[] = {
    {.host = "/run/y.sock", .port = 0, .from = {"t", 54}}};
static const struct endpoint path_glob[] = {
    {.host = "/run/*", .port = 0, .from = {"t", 55}}};

#define NO_LIST                                                                \
    {                                                                          \
        .count = 0                                                             \
    }
#define LIST(a)                                                                \
    {                                                                          \
        {"t", 50}, (a), COUNT(a), NULL                                         \
    }

static const struct path_row {
    const char *shows;
    enum forward_kind paths, tcp;
    bool disable, key_forbids;
    struct endpoints_setting configured, key;
    enum reason open, listen;
    unsigned open_line, listen_line;
} path_rows[] = {
    {"nothing restricts", FORWARD_ANY, FORWARD_ANY, false, false, NO_LIST,
     NO_LIST, REASON_UNRESTRICTED, REASON_UNRESTRICTED, 5, 5},
    {"AllowStreamLocalForwarding local", FORWARD_LOCAL, FORWARD_ANY, false,
     false, NO_LIST, NO_LIST, REASON_UNRESTRICTED, REASON_PATH_DIRECTION_OFF, 5,
     5},
    {"AllowStreamLocalForwarding remote", FORWARD_REMOTE, FORWARD_ANY, false,
     false, NO_LIST, NO_LIST, REASON_PATH_DIRECTION_OFF, REASON_UNRESTRICTED, 5,
     5},
    {"AllowStreamLocalForwarding no", FORWARD_NONE, FORWARD_ANY, false, false,
     NO_LIST, NO_LIST, REASON_PATH_DIRECTION_OFF, REASON_PATH_DIRECTION_OFF, 5,
     5},
    {"AllowTcpForwarding local closes listens", FORWARD_ANY, FORWARD_LOCAL,
     false, false, NO_LIST, NO_LIST, REASON_UNRESTRICTED, REASON_DIRECTION_OFF,
     5, 3},
    {"AllowTcpForwarding remote closes opens", FORWARD_ANY, FORWARD_REMOTE,
     false, false, NO_LIST, NO_LIST, REASON_DIRECTION_OFF, REASON_UNRESTRICTED,
     3, 5},
    {"AllowTcpForwarding no closes both", FORWARD_ANY, FORWARD_NONE, false,
     false, NO_LIST, NO_LIST, REASON_DIRECTION_OFF, REASON_DIRECTION_OFF, 3, 3},
    {"two directions that do not meet", FORWARD_LOCAL, FORWARD_REMOTE, false,
     false, NO_LIST, NO_LIST, REASON_DIRECTION_OFF, REASON_PATH_DIRECTION_OFF,
     3, 5},
    {"DisableForwarding", FORWARD_ANY, FORWARD_ANY, true, false, NO_LIST,
     NO_LIST, REASON_FORWARDING_DISABLED, REASON_FORWARDING_DISABLED, 4, 4},
    {"no-port-forwarding of the key", FORWARD_ANY, FORWARD_ANY, false, true,
     LIST(any_any), LIST(any_any), REASON_KEY_FORWARDING_OFF,
     REASON_KEY_FORWARDING_OFF, 30, 30},
    {"PermitOpen *:*", FORWARD_ANY, FORWARD_ANY, false, false, LIST(any_any),
     NO_LIST, REASON_PERMITTED, REASON_UNRESTRICTED, 51, 5},
    {"PermitOpen [/run/x.sock]:*", FORWARD_ANY, FORWARD_ANY, false, false,
     LIST(this_path), NO_LIST, REASON_PERMITTED, REASON_UNRESTRICTED, 52, 5},
    {"the path with a port is no permission", FORWARD_ANY, FORWARD_ANY, false,
     false, LIST(path_with_port), NO_LIST, REASON_NOT_PERMITTED,
     REASON_UNRESTRICTED, 50, 5},
    {"any host on one port neither", FORWARD_ANY, FORWARD_ANY, false, false,
     LIST(any_443), NO_LIST, REASON_NOT_PERMITTED, REASON_UNRESTRICTED, 50, 5},
    {"another path", FORWARD_ANY, FORWARD_ANY, false, false, LIST(other_path),
     NO_LIST, REASON_NOT_PERMITTED, REASON_UNRESTRICTED, 50, 5},
    {"globs are text", FORWARD_ANY, FORWARD_ANY, false, false, LIST(path_glob),
     NO_LIST, REASON_NOT_PERMITTED, REASON_UNRESTRICTED, 50, 5},
    {"PermitOpen none", FORWARD_ANY, FORWARD_ANY, false, false, LIST(none),
     NO_LIST, REASON_NOT_PERMITTED, REASON_UNRESTRICTED, 50, 5},
    {"a list of TCP targets", FORWARD_ANY, FORWARD_ANY, false, false, LIST(two),
     NO_LIST, REASON_NOT_PERMITTED, REASON_UNRESTRICTED, 50, 5},
    {"permitopen=[/run/x.sock]:*", FORWARD_ANY, FORWARD_ANY, false, false,
     NO_LIST, LIST(this_path), REASON_PERMITTED, REASON_UNRESTRICTED, 52, 5},
    {"permitopen= of something else", FORWARD_ANY, FORWARD_ANY, false, false,
     LIST(this_path), LIST(only_v4), REASON_KEY_NOT_PERMITTED,
     REASON_UNRESTRICTED, 50, 5},
    {"both lists have to agree", FORWARD_ANY, FORWARD_ANY, false, false,
     LIST(only_v4), LIST(this_path), REASON_NOT_PERMITTED, REASON_UNRESTRICTED,
     50, 5},
    {"and do", FORWARD_ANY, FORWARD_ANY, false, false, LIST(any_any),
     LIST(this_path), REASON_PERMITTED, REASON_UNRESTRICTED, 51, 5},
};

static void
test_path_row(void **state)
{
    const struct path_row *row = *state;
    struct request req = {.kind = REQUEST_OPEN_PATH, .path = PATH};
    const struct settings s = {
        .allow_tcp_forwarding = {{"t", 3}, (int)row->tcp},
        .disable_forwarding = {{"t", 4}, row->disable},
        .allow_stream_local_forwarding = {{"t", 5}, (int)row->paths},
        .permit_open = row->configured,
        .permit_listen = LIST(none), /* never asked */
    };
    const struct key_limits k = {
        .port_forwarding = !row->key_forbids,
        .permit_open = row->key,
        .permit_listen = LIST(none),
        .from = {"keys", 30},
    };

    assert_decision(decide(&s, &k, &req), row->open, row->open_line);
    req.kind = REQUEST_LISTEN_PATH;
    assert_decision(decide(&s, &k, &req), row->listen, row->listen_line);
}

static void
test_paths_that_are_none_are_refused(void **state)
{
    const struct settings s = {
        .allow_tcp_forwarding = {{"t", 3}, FORWARD_ANY},
        .allow_stream_local_forwarding = {{"t", 5}, FORWARD_ANY},
    };
    char path[REQUEST_PATH_MAX + 2];
    struct request req = {.kind = REQUEST_OPEN_PATH, .path = path};

    (void)state;
    memset(path, 'x', sizeof(path));
    path[REQUEST_PATH_MAX + 1] = '\0';
    assert_decision(decide(&s, &key_limits_none, &req), REASON_BAD_PATH, 0);
    path[REQUEST_PATH_MAX] = '\0';
    assert_decision(decide(&s, &key_limits_none, &req), REASON_UNRESTRICTED, 5);
    req.has_nul = true;
    assert_decision(decide(&s, &key_limits_none, &req), REASON_BAD_PATH, 0);
    req.has_nul = false;
    req.path = "";
    assert_decision(decide(&s, &key_limits_none, &req), REASON_BAD_PATH, 0);
    req.path = NULL;
    req.kind = REQUEST_LISTEN_PATH;
    assert_decision(decide(&s, &key_limits_none, &req), REASON_BAD_PATH, 0);
}

int
main(void)
{
    struct CMUnitTest tests[1 + COUNT(path_rows)] = {
        cmocka_unit_test(test_paths_that_are_none_are_refused),
    };

    for (size_t i = 0; i < COUNT(path_rows); i++) {
        tests[1 + i] = (struct CMUnitTest){
            .name = path_rows[i].shows,
            .test_func = test_path_row,
            .initial_state = (void *)(uintptr_t)&path_rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
