#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/decide.h"
#include "tests/unit/policy/decision_check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NO_LIST ((struct endpoints_setting){.count = 0})
#define LIST(line_, array)                                                     \
    ((struct endpoints_setting){{"t", (line_)}, (array), COUNT(array), NULL})

/* The target port of the open matrix, and the lists that stand in it. */
#define P 5432

static const struct endpoint only_v4[] = {
    {.host = "127.0.0.1", .port = P, .from = {"t", 11}}};
static const struct endpoint only_v6[] = {
    {.host = "::1", .port = 0, .from = {"t", 12}}};
static const struct endpoint lower_name[] = {
    {.host = "db", .port = P, .from = {"t", 13}}};
static const struct endpoint star_glob[] = {
    {.host = "d*", .port = P, .from = {"t", 14}}};
static const struct endpoint any_443[] = {
    {.host = "*", .port = 443, .from = {"t", 15}}};
static const struct endpoint none[] = {
    {.host = "*", .never = true, .from = {"t", 16}}};
static const struct endpoint two[] = {
    {.host = "db", .port = P, .from = {"t", 17}},
    {.host = "web", .port = 443, .from = {"t", 18}}};

/* A list of the configuration or of the key, by name, for the tables. */
enum list_name { ABSENT, ONLY_V4, ONLY_V6, NAME, GLOB, ANY_443, NONE, TWO };

static struct endpoints_setting
named_list(enum list_name name)
{
    switch (name) {
    case ABSENT:
        break;
    case ONLY_V4:
        return LIST(11, only_v4);
    case ONLY_V6:
        return LIST(12, only_v6);
    case NAME:
        return LIST(13, lower_name);
    case GLOB:
        return LIST(14, star_glob);
    case ANY_443:
        return LIST(15, any_443);
    case NONE:
        return LIST(16, none);
    case TWO:
        return LIST(17, two);
    }
    return NO_LIST;
}

/* The matrix of B.1, and its neighbours. */
static const struct open_row {
    const char *shows;
    enum list_name configured, key;
    const char *host;
    uint32_t port;
    enum reason reason; /* PERMITTED and UNRESTRICTED allow */
    unsigned line;
} open_rows[] = {
    {"no list: 127.0.0.1", ABSENT, ABSENT, "127.0.0.1", P, REASON_UNRESTRICTED,
     3},
    {"no list: localhost", ABSENT, ABSENT, "localhost", P, REASON_UNRESTRICTED,
     3},
    {"no list: 127.1", ABSENT, ABSENT, "127.1", P, REASON_UNRESTRICTED, 3},
    {"no list: 0x7f000001", ABSENT, ABSENT, "0x7f000001", P,
     REASON_UNRESTRICTED, 3},
    {"no list: 2130706433", ABSENT, ABSENT, "2130706433", P,
     REASON_UNRESTRICTED, 3},
    {"no list: 0", ABSENT, ABSENT, "0", P, REASON_UNRESTRICTED, 3},
    {"no list: 0.0.0.0", ABSENT, ABSENT, "0.0.0.0", P, REASON_UNRESTRICTED, 3},
    {"no list: ::", ABSENT, ABSENT, "::", P, REASON_UNRESTRICTED, 3},
    {"no list: v4-mapped", ABSENT, ABSENT, "::ffff:127.0.0.1", P,
     REASON_UNRESTRICTED, 3},
    {"PermitOpen 127.0.0.1: itself", ONLY_V4, ABSENT, "127.0.0.1", P,
     REASON_PERMITTED, 11},
    {"PermitOpen 127.0.0.1: another port", ONLY_V4, ABSENT, "127.0.0.1", P + 1,
     REASON_NOT_PERMITTED, 11},
    {"PermitOpen 127.0.0.1: localhost", ONLY_V4, ABSENT, "localhost", P,
     REASON_NOT_PERMITTED, 11},
    {"PermitOpen 127.0.0.1: 127.1", ONLY_V4, ABSENT, "127.1", P,
     REASON_NOT_PERMITTED, 11},
    {"PermitOpen 127.0.0.1: 0x7f000001", ONLY_V4, ABSENT, "0x7f000001", P,
     REASON_NOT_PERMITTED, 11},
    {"PermitOpen 127.0.0.1: 2130706433", ONLY_V4, ABSENT, "2130706433", P,
     REASON_NOT_PERMITTED, 11},
    {"PermitOpen 127.0.0.1: 0", ONLY_V4, ABSENT, "0", P, REASON_NOT_PERMITTED,
     11},
    {"PermitOpen 127.0.0.1: 0.0.0.0", ONLY_V4, ABSENT, "0.0.0.0", P,
     REASON_NOT_PERMITTED, 11},
    {"PermitOpen 127.0.0.1: ::", ONLY_V4, ABSENT, "::", P, REASON_NOT_PERMITTED,
     11},
    {"PermitOpen 127.0.0.1: v4-mapped", ONLY_V4, ABSENT, "::ffff:127.0.0.1", P,
     REASON_NOT_PERMITTED, 11},
    {"PermitOpen [::1]:*: itself", ONLY_V6, ABSENT, "::1", 1, REASON_PERMITTED,
     12},
    {"PermitOpen [::1]:*: spelled out", ONLY_V6, ABSENT, "0:0:0:0:0:0:0:1", 1,
     REASON_NOT_PERMITTED, 12},
    {"PermitOpen none, though the key lists it", NONE, ONLY_V4, "127.0.0.1", P,
     REASON_NOT_PERMITTED, 16},
    {"PermitOpen none, and the key does not", NONE, ONLY_V4, "localhost", P,
     REASON_KEY_NOT_PERMITTED, 11},
    {"the key lists it, the configuration is silent", ABSENT, ONLY_V4,
     "127.0.0.1", P, REASON_PERMITTED, 11},
    {"the key does not list it", ABSENT, ONLY_V4, "localhost", P,
     REASON_KEY_NOT_PERMITTED, 11},
    {"both list it: the configuration's line is named", ONLY_V4, ONLY_V4,
     "127.0.0.1", P, REASON_PERMITTED, 11},
    {"the configuration lists it, the key does not", NAME, ONLY_V4, "db", P,
     REASON_KEY_NOT_PERMITTED, 11},
    {"the key lists it, the configuration does not", NAME, ONLY_V4, "127.0.0.1",
     P, REASON_NOT_PERMITTED, 13},
    {"names are not folded", NAME, ABSENT, "DB", P, REASON_NOT_PERMITTED, 13},
    {"a name with a dot at the end is another", NAME, ABSENT, "db.", P,
     REASON_NOT_PERMITTED, 13},
    {"partial globs are text", GLOB, ABSENT, "db", P, REASON_NOT_PERMITTED, 14},
    {"and match that text", GLOB, ABSENT, "d*", P, REASON_PERMITTED, 14},
    {"any host on one port", ANY_443, ABSENT, "whatever", 443, REASON_PERMITTED,
     15},
    {"any host is not any port", ANY_443, ABSENT, "whatever", 80,
     REASON_NOT_PERMITTED, 15},
    {"the second entry of a list", TWO, ABSENT, "web", 443, REASON_PERMITTED,
     18},
    {"entries do not mix", TWO, ABSENT, "web", P, REASON_NOT_PERMITTED, 17},
    {"port 0 is nothing special", ABSENT, ABSENT, "db", 0, REASON_UNRESTRICTED,
     3},
    {"an empty host is nothing special", ABSENT, ABSENT, "", P,
     REASON_UNRESTRICTED, 3},
    {"a port above 65535 is refused", ABSENT, ABSENT, "db", 65536,
     REASON_BAD_PORT, 0},
    {"so is one that would wrap to a listed port", TWO, ABSENT, "web",
     65536 + 443, REASON_BAD_PORT, 0},
    {"and the largest of all", ABSENT, ABSENT, "db", UINT32_MAX,
     REASON_BAD_PORT, 0},
};

static const struct settings both_ways = {
    .allow_tcp_forwarding = {.from = {"t", 3}, .value = FORWARD_ANY},
};

static void
test_open_row(void **state)
{
    const struct open_row *row = *state;
    const struct request req = {
        .kind = REQUEST_OPEN, .host = row->host, .port = row->port};
    struct settings s = both_ways;
    struct key_limits k = key_limits_none;

    s.permit_open = named_list(row->configured);
    k.permit_open = named_list(row->key);
    /* What is said about the other direction must not matter. */
    s.permit_listen = named_list(NONE);
    k.permit_listen = named_list(NONE);
    assert_decision(decide(&s, &k, &req), row->reason, row->line);
}

/* The switches, for both directions: DisableForwarding, AllowTcpForwarding
 * and the key's flag, with a list that would allow. */
static const struct switch_row {
    const char *shows;
    enum forward_kind allow;
    bool disable, key_forwarding;
    enum reason open, listen;
    unsigned open_line, listen_line;
} switch_rows[] = {
    {"AllowTcpForwarding yes", FORWARD_ANY, false, true, REASON_PERMITTED,
     REASON_PERMITTED, 20, 20},
    {"AllowTcpForwarding local", FORWARD_LOCAL, false, true, REASON_PERMITTED,
     REASON_DIRECTION_OFF, 20, 3},
    {"AllowTcpForwarding remote", FORWARD_REMOTE, false, true,
     REASON_DIRECTION_OFF, REASON_PERMITTED, 3, 20},
    {"AllowTcpForwarding no", FORWARD_NONE, false, true, REASON_DIRECTION_OFF,
     REASON_DIRECTION_OFF, 3, 3},
    {"DisableForwarding yes", FORWARD_ANY, true, true,
     REASON_FORWARDING_DISABLED, REASON_FORWARDING_DISABLED, 4, 4},
    {"no-port-forwarding or restrict, though permitopen lists it", FORWARD_ANY,
     false, false, REASON_KEY_FORWARDING_OFF, REASON_KEY_FORWARDING_OFF, 30,
     30},
    {"everything off: the first is named", FORWARD_NONE, true, false,
     REASON_FORWARDING_DISABLED, REASON_FORWARDING_DISABLED, 4, 4},
};

static void
test_switch_row(void **state)
{
    static const struct endpoint all[] = {{.host = "*", .from = {"t", 20}}};
    const struct switch_row *row = *state;
    struct request req = {.kind = REQUEST_OPEN, .host = "db", .port = P};
    const struct settings s = {
        .allow_tcp_forwarding = {{"t", 3}, (int)row->allow},
        .disable_forwarding = {{"t", 4}, row->disable},
        .permit_open = LIST(20, all),
        .permit_listen = LIST(20, all),
    };
    const struct key_limits k = {
        .port_forwarding = row->key_forwarding,
        .permit_open = LIST(20, all),
        .permit_listen = LIST(20, all),
        .from = {"keys", 30},
    };

    assert_decision(decide(&s, &k, &req), row->open, row->open_line);
    req.kind = REQUEST_LISTEN;
    assert_decision(decide(&s, &k, &req), row->listen, row->listen_line);
}

/* B.3, one entry against one request. */
static const struct listen_row {
    const char *shows;
    struct endpoint entry;
    const char *host;
    uint32_t port;
    bool matches;
} listen_rows[] = {
    {"a bare port is any host", {.host = "*", .port = 80}, "x", 80, true},
    {"also the wildcard request", {.host = "*", .port = 80}, "", 80, true},
    {"also the star request", {.host = "*", .port = 80}, "*", 80, true},
    {"another port is refused", {.host = "*", .port = 80}, "x", 81, false},
    {"port 0 needs an entry for any port", {.host = "*"}, "x", 0, true},
    {"port 0 is in no entry with a port",
     {.host = "*", .port = 80},
     "x",
     0,
     false},
    {"an entry with a capital never matches",
     {.host = "LocalHost", .port = 1},
     "LocalHost",
     1,
     false},
    {"a request with a capital is lower-cased",
     {.host = "localhost", .port = 1},
     "LOCALHOST",
     1,
     true},
    {"localhost is not 127.0.0.1",
     {.host = "localhost", .port = 1},
     "127.0.0.1",
     1,
     false},
    {"127.0.0.1 is not ::1", {.host = "127.0.0.1", .port = 1}, "::1", 1, false},
    {"a glob with a star",
     {.host = "192.0.2.*", .port = 1},
     "192.0.2.77",
     1,
     true},
    {"a glob with a question mark", {.host = "h?", .port = 1}, "h2", 1, true},
    {"the wildcard request matches an empty host",
     {.host = "", .port = 1},
     "",
     1,
     true},
    {"the wildcard request does not match a name",
     {.host = "localhost", .port = 1},
     "",
     1,
     false},
    {"the star request matches a glob for a star",
     {.host = "?", .port = 1},
     "*",
     1,
     true},
    {"the star request does not match an empty host",
     {.host = "", .port = 1},
     "*",
     1,
     false},
    {"there are no blocks",
     {.host = "192.0.2.0/24", .port = 1},
     "192.0.2.1",
     1,
     false},
    {"there are no lists", {.host = "a,b", .port = 1}, "a", 1, false},
    {"there is no negation", {.host = "!a", .port = 1}, "b", 1, false},
    {"none matches nothing", {.host = "*", .never = true}, "x", 1, false},
};

static void
test_listen_row(void **state)
{
    const struct listen_row *row = *state;
    const struct request req = {.kind = REQUEST_LISTEN,
                                .host = row->host,
                                .port = row->port,
                                .wants_reply = true};
    struct endpoint entry = row->entry;
    struct settings s = both_ways;
    struct key_limits k = key_limits_none;

    entry.from = (struct origin){"t", 41};
    s.permit_listen = (struct endpoints_setting){{"t", 40}, &entry, 1, NULL};
    s.permit_open = named_list(NONE);
    assert_decision(decide(&s, &k, &req),
                    row->matches ? REASON_PERMITTED : REASON_NOT_PERMITTED,
                    row->matches ? 41 : 40);
    s.permit_listen = NO_LIST;
    k.permit_listen = (struct endpoints_setting){{"t", 40}, &entry, 1, NULL};
    assert_decision(decide(&s, &k, &req),
                    row->matches ? REASON_PERMITTED : REASON_KEY_NOT_PERMITTED,
                    row->matches ? 41 : 40);
}

static void
test_a_listen_on_port_0_needs_somebody_to_tell(void **state)
{
    struct request req = {.kind = REQUEST_LISTEN, .host = ""};

    (void)state;
    assert_decision(decide(&both_ways, &key_limits_none, &req),
                    REASON_NO_REPLY_WANTED, 0);
    req.wants_reply = true;
    assert_decision(decide(&both_ways, &key_limits_none, &req),
                    REASON_UNRESTRICTED, 3);
    req.wants_reply = false;
    req.port = 1;
    assert_decision(decide(&both_ways, &key_limits_none, &req),
                    REASON_UNRESTRICTED, 3);
    req.port = 70000;
    assert_decision(decide(&both_ways, &key_limits_none, &req), REASON_BAD_PORT,
                    0);
}

static void
test_names_that_are_none_are_refused(void **state)
{
    char host[ENDPOINT_HOST_MAX + 2];
    struct request req = {.kind = REQUEST_OPEN, .host = host, .port = 1};

    (void)state;
    memset(host, 'x', sizeof(host));
    host[ENDPOINT_HOST_MAX + 1] = '\0';
    assert_decision(decide(&both_ways, &key_limits_none, &req), REASON_BAD_NAME,
                    0);
    host[ENDPOINT_HOST_MAX] = '\0';
    assert_decision(decide(&both_ways, &key_limits_none, &req),
                    REASON_UNRESTRICTED, 3);
    req.has_nul = true;
    assert_decision(decide(&both_ways, &key_limits_none, &req), REASON_BAD_NAME,
                    0);
    req = (struct request){.kind = REQUEST_OPEN, .port = 1};
    assert_decision(decide(&both_ways, &key_limits_none, &req), REASON_BAD_NAME,
                    0);
}

static void
test_zeroed_memory_refuses(void **state)
{
    static const struct settings no_settings;
    static const struct key_limits no_limits;
    static const struct request no_request;
    const struct request req = {.kind = REQUEST_OPEN, .host = "x", .port = 1};

    (void)state;
    assert_decision(decide(&no_settings, &key_limits_none, &req),
                    REASON_DIRECTION_OFF, 0);
    assert_decision(decide(&both_ways, &no_limits, &req),
                    REASON_KEY_FORWARDING_OFF, 0);
    assert_decision(decide(&both_ways, &key_limits_none, &no_request),
                    REASON_UNKNOWN_REQUEST, 0);
    assert_int_equal(decide_bind(&no_settings, &no_request).count, 0);
}

static const struct CMUnitTest plain_tests[] = {
    cmocka_unit_test(test_a_listen_on_port_0_needs_somebody_to_tell),
    cmocka_unit_test(test_names_that_are_none_are_refused),
    cmocka_unit_test(test_zeroed_memory_refuses),
};

#define ADD_ROWS(rows, function)                                               \
    for (size_t i = 0; i < COUNT(rows); i++) {                                 \
        tests[count++] = (struct CMUnitTest){                                  \
            .name = (rows)[i].shows,                                           \
            .test_func = (function),                                           \
            .initial_state = (void *)(uintptr_t) & (rows)[i],                  \
        };                                                                     \
    }

int
main(void)
{
    struct CMUnitTest tests[COUNT(plain_tests) + COUNT(open_rows) +
                            COUNT(switch_rows) + COUNT(listen_rows)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(plain_tests); i++) {
        tests[count++] = plain_tests[i];
    }
    ADD_ROWS(open_rows, test_open_row)
    ADD_ROWS(switch_rows, test_switch_row)
    ADD_ROWS(listen_rows, test_listen_row)
    return cmocka_run_group_tests(tests, NULL, NULL);
}
