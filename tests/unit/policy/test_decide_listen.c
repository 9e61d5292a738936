#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/decide.h"
#include "tests/unit/policy/decision_check.h"
#include "tests/unit/policy/fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define CLIENT "GatewayPorts clientspecified\n"
#define ALL "GatewayPorts yes\n"

/* One request, where it is bound, and which port a request for 0 gets. */
static const struct listen_row {
    const char *shows;
    const char *config;
    const char *host;
    uint32_t port;
    enum reason reason;
    unsigned line;
    const char *bound;
    uint16_t first, last; /* of the ports for port 0 at the first address */
} rows[] = {
    {"without any list", "", "localhost", 80, REASON_UNRESTRICTED, 0,
     "127.0.0.1 ::1 ", 0, 0},
    {"a range of ports alone", "GrantListen 8000-8099\n", "localhost", 8050,
     REASON_PERMITTED, 1, "127.0.0.1 ::1 ", 0, 0},
    {"outside of it", "GrantListen 8000-8099\n", "localhost", 8100,
     REASON_NOT_PERMITTED, 1, "", 0, 0},
    {"one address of two", "GrantListen 127.0.0.1:*\n", "localhost", 80,
     REASON_PERMITTED, 1, "127.0.0.1 ", 0, 0},
    {"localhost is both", "GrantListen localhost:80\n", "localhost", 80,
     REASON_PERMITTED, 1, "127.0.0.1 ::1 ", 0, 0},
    {"and is about what is bound", ALL "GrantListen localhost:80\n",
     "localhost", 80, REASON_NOT_PERMITTED, 2, "", 0, 0},
    {"every address needs a grant to all", ALL "GrantListen *:80\n", "", 80,
     REASON_PERMITTED, 2, "0.0.0.0 :: ", 0, 0},
    {"or to a whole family", ALL "GrantListen 0.0.0.0/0:80\n", "", 80,
     REASON_PERMITTED, 2, "0.0.0.0 ", 0, 0},
    {"or to the wildcard itself", ALL "GrantListen [::]:80\n", "", 80,
     REASON_PERMITTED, 2, ":: ", 0, 0},
    {"0.0.0.0/8 is no grant to all", ALL "GrantListen 0.0.0.0/8:80\n", "", 80,
     REASON_NOT_PERMITTED, 2, "", 0, 0},
    {"an address in a network", CLIENT "GrantListen 192.0.2.0/24:80\n",
     "192.0.2.7", 80, REASON_PERMITTED, 2, "192.0.2.7 ", 0, 0},
    {"a name is for later", CLIENT "GrantListen 192.0.2.0/24:80\n", "here", 80,
     REASON_AWAITS_ADDRESS, 2, "resolve", 0, 0},
    {"unless nothing has the port", CLIENT "GrantListen 192.0.2.0/24:80\n",
     "here", 81, REASON_NOT_PERMITTED, 2, "resolve", 0, 0},
    {"PermitListen lists it", "PermitListen localhost:80\nGrantListen 81\n",
     "localhost", 80, REASON_PERMITTED, 1, "127.0.0.1 ::1 ", 0, 0},
    {"GrantListen lists it", "PermitListen localhost:80\nGrantListen 81\n",
     "localhost", 81, REASON_PERMITTED, 2, "127.0.0.1 ::1 ", 0, 0},
    {"neither does", "PermitListen localhost:80\nGrantListen 81\n", "localhost",
     82, REASON_NOT_PERMITTED, 1, "", 0, 0},
    {"none lists nothing", "GrantListen none\n", "", 80, REASON_NOT_PERMITTED,
     1, "", 0, 0},
    {"DenyListen wins", "PermitListen *:80\nDenyListen 80\n", "", 80,
     REASON_DENIED, 2, "", 0, 0},
    {"at one address of two", "DenyListen [::1]:80\n", "", 80,
     REASON_UNRESTRICTED, 0, "127.0.0.1 ", 0, 0},
    {"a wildcard holds the denied address", ALL "DenyListen 10.0.0.1:80\n", "",
     80, REASON_UNRESTRICTED, 0, ":: ", 0, 0},
    {"at another port it does not", ALL "DenyListen 10.0.0.1:81\n", "", 80,
     REASON_UNRESTRICTED, 0, "0.0.0.0 :: ", 0, 0},
    {"port 0: any", "", "", 0, REASON_UNRESTRICTED, 0, "127.0.0.1 ::1 ", 1,
     65535},
    {"port 0: of the granted range", "GrantListen 8000-8099\n", "", 0,
     REASON_PERMITTED, 1, "127.0.0.1 ::1 ", 8000, 8099},
    {"port 0: of the two ranges", "GrantListen 9000-9009 8000-8009\n", "", 0,
     REASON_PERMITTED, 1, "127.0.0.1 ::1 ", 8000, 9009},
    {"port 0: only where it is granted", "GrantListen [::1]:8000-8099\n", "", 0,
     REASON_PERMITTED, 1, "::1 ", 8000, 8099},
    {"port 0: without what is denied",
     "GrantListen 8000-8099\nDenyListen 8000-8049\n", "", 0, REASON_PERMITTED,
     1, "127.0.0.1 ::1 ", 8050, 8099},
    {"port 0: when all is denied",
     "GrantListen 8000-8099\nDenyListen 1-65535\n", "", 0, REASON_DENIED, 2, "",
     0, 0},
    {"port 0: PermitListen with any port", "PermitListen *:*\nGrantListen 80\n",
     "", 0, REASON_PERMITTED, 1, "127.0.0.1 ::1 ", 1, 65535},
    {"port 0: PermitListen with a port is none",
     "PermitListen *:81\nGrantListen 80\n", "", 0, REASON_PERMITTED, 2,
     "127.0.0.1 ::1 ", 80, 80},
};

static void
plan_text(const struct bind_plan *plan, char *out)
{
    char text[ADDRESS_TEXT_MAX];

    strcpy(out, plan->resolve ? "resolve" : "");
    for (unsigned i = 0; i < plan->count; i++) {
        address_format(&plan->list[i], text);
        strcat(strcat(out, text), " ");
    }
}

static uint16_t
last_of(const struct port_set *set)
{
    uint16_t last = 0;

    for (uint32_t port = 1; port <= UINT16_MAX; port++) {
        last = port_set_holds(set, (uint16_t)port) ? (uint16_t)port : last;
    }
    return last;
}

static void
test_listen_row(void **state)
{
    const struct listen_row *row = *state;
    const struct request req = {.kind = REQUEST_LISTEN,
                                .host = row->host,
                                .port = row->port,
                                .wants_reply = true};
    struct config c = config_text(row->config);
    const struct settings *s = config_for(&c, "alice");
    struct bind_plan plan = decide_bind(s, &req);
    struct port_set ports;
    char bound[2 * ADDRESS_TEXT_MAX];

    assert_string_equal(c.said, "");
    assert_decision(decide(s, &key_limits_none, &req), row->reason, row->line);
    plan_text(&plan, bound);
    assert_string_equal(bound, row->bound);
    decide_ports(s, &req, &plan.list[0], &ports);
    assert_int_equal(port_set_next(&ports, 1), row->first);
    assert_int_equal(last_of(&ports), row->last);
    policy_free(c.policy);
}

static void
test_an_address_of_a_name_is_asked_about(void **state)
{
    const struct request req = {
        .kind = REQUEST_LISTEN, .host = "here", .port = 80};
    struct config c = config_text(CLIENT "GrantListen 192.0.2.0/24:80\n");
    const struct settings *s = config_for(&c, "alice");
    struct address a = {0};

    (void)state;
    assert_int_equal(address_parse("192.0.2.1", &a), 0);
    assert_decision(decide_address(s, &req, &a), REASON_PERMITTED, 2);
    assert_int_equal(address_parse("192.0.3.1", &a), 0);
    assert_decision(decide_address(s, &req, &a), REASON_NOT_PERMITTED, 2);
    policy_free(c.policy);
}

static void
test_privileged_ports_are_granted_one_by_one(void **state)
{
    struct config c = config_text("PrivilegedPorts 80 500-510\n");
    const struct settings *s = config_for(&c, "alice");

    (void)state;
    assert_decision(decide_privileged(s, 1000, 80, 1024), REASON_PERMITTED, 1);
    assert_decision(decide_privileged(s, 1000, 510, 1024), REASON_PERMITTED, 1);
    assert_decision(decide_privileged(s, 1000, 511, 1024),
                    REASON_PRIVILEGED_PORT, 1);
    assert_decision(decide_privileged(s, 0, 80, 1024), REASON_UNRESTRICTED, 0);
    policy_free(c.policy);
}

static enum reason
source(struct config *c, const char *text)
{
    struct address a = {0};

    assert_int_equal(address_parse_sized(text, strlen(text), &a), 0);
    return decide_source(config_for(c, "alice"), &a).reason;
}

static void
test_listeners_are_for_whom_listen_from_lists(void **state)
{
    struct config none = config_text("");
    struct config some = config_text("ListenFrom 10.0.0.0/8 [fd00::/8] ::1\n");

    (void)state;
    assert_int_equal(source(&none, "192.0.2.1"), REASON_UNRESTRICTED);
    assert_int_equal(source(&some, "10.1.1.1"), REASON_PERMITTED);
    assert_int_equal(source(&some, "::ffff:10.1.1.1"), REASON_PERMITTED);
    assert_int_equal(source(&some, "fd00::1"), REASON_PERMITTED);
    assert_int_equal(source(&some, "::1"), REASON_PERMITTED);
    assert_int_equal(source(&some, "127.0.0.1"), REASON_SOURCE_NOT_LISTED);
    policy_free(none.policy);
    policy_free(some.policy);
}

static void
test_there_is_an_end_to_everything(void **state)
{
    struct config c = config_text("MaxForwards 2\nMaxListeners 0\n"
                                  "MaxConnectionsPerUser 3\n");
    struct config none = config_text("");
    const struct settings *s = config_for(&c, "alice");

    (void)state;
    assert_decision(decide_forwards(s, 1), REASON_UNRESTRICTED, 1);
    assert_decision(decide_forwards(s, 2), REASON_TOO_MANY_FORWARDS, 1);
    assert_decision(decide_listeners(s, 0), REASON_TOO_MANY_LISTENERS, 2);
    assert_decision(decide_connections(s, 2), REASON_UNRESTRICTED, 3);
    assert_decision(decide_connections(s, 3), REASON_TOO_MANY_CONNECTIONS, 3);
    s = config_for(&none, "alice");
    assert_decision(decide_forwards(s, 511), REASON_UNRESTRICTED, 0);
    assert_decision(decide_forwards(s, 512), REASON_TOO_MANY_FORWARDS, 0);
    assert_decision(decide_connections(s, 1000000), REASON_UNRESTRICTED, 0);
    policy_free(c.policy);
    policy_free(none.policy);
}

int
main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_an_address_of_a_name_is_asked_about),
        cmocka_unit_test(test_privileged_ports_are_granted_one_by_one),
        cmocka_unit_test(test_listeners_are_for_whom_listen_from_lists),
        cmocka_unit_test(test_there_is_an_end_to_everything),
    };
    struct CMUnitTest tests[COUNT(plain) + COUNT(rows)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(plain); i++) {
        tests[count++] = plain[i];
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_listen_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
