/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "server/ctl/answer.h"
#include "server/ctl/forward_spec.h"
#include "server/ctl/person.h"
#include "tests/unit/policy/fixture.h"

/* What is asked in one row; addresses may be NULL. */
struct row {
    const char *config, *kind, *where, *address, *user;
    const char *reason;
    enum verdict verdict;
    unsigned line;
};

static void
assert_row(const struct row *row)
{
    struct config c = config_text(row->config);
    struct arena *arena = arena_new();
    const struct settings *s = config_for(&c, row->user);
    struct person person;
    struct identity who;
    struct request req = {0};
    struct diag err = {0};
    struct question q = {.who = &who, .request = &req};
    struct answer a = {0};

    person_init(&person);
    assert_int_equal(person_set(&person, "user", row->user, &err), 0);
    assert_int_equal(person_set(&person, "from", "10.1.2.3", &err), 0);
    if (row->address != NULL) {
        assert_int_equal(person_set(&person, "address", row->address, &err), 0);
    }
    assert_int_equal(
        forward_spec_parse(arena, row->kind, row->where, NULL, &req, &err), 0);
    who = person_identity(&person);
    q.addresses = person.addresses;
    q.address_count = person.address_count;
    q.uid = answer_uid(row->user);
    q.unprivileged_start = ANSWER_UNPRIVILEGED_START;
    a = answer_ask(s, &q, NULL);
    assert_string_equal(a.reason, row->reason);
    assert_int_equal(a.verdict, row->verdict);
    assert_int_equal(a.from.line, row->line);
    arena_free(arena);
    policy_free(c.policy);
}

static void
test_opens_are_answered_as_the_server_does(void **state)
{
    static const struct row rows[] = {
        {"GrantOpen db:1 10.0.0.0/8:1", "open", "db:1", NULL, "a", "permitted",
         VERDICT_ALLOW, 1},
        {"GrantOpen 10.0.0.0/8:1", "open", "db:1", NULL, "a", "awaits-address",
         VERDICT_ASK_ADDRESS, 1},
        {"GrantOpen 10.0.0.0/8:1", "open", "db:1", "10.9.9.9", "a", "permitted",
         VERDICT_ALLOW, 1},
        {"GrantOpen 10.0.0.0/8:1", "open", "db:1", "192.0.2.1", "a",
         "not-permitted", VERDICT_DENY, 1},
        {"GrantOpen db:1\nDenyOpen 10.0.0.0/8:*", "open", "db:1", "10.0.0.1",
         "a", "denied", VERDICT_DENY, 2},
        {"GrantOpen db:1\nDenyOpen 10.0.0.0/8:*", "open", "db:1", "192.0.2.1",
         "a", "permitted", VERDICT_ALLOW, 1},
        {"AddressFamily inet6", "open", "127.1:1", NULL, "a", "address-family",
         VERDICT_DENY, 1},
        {"", "open", "db:65536", NULL, "a", "bad-port", VERDICT_DENY, 0},
        {"MaxForwards 0", "open", "db:1", NULL, "a", "too-many-forwards",
         VERDICT_DENY, 1},
        {"GrantOpenPath /run/*", "open-path", "/run/x", NULL, "a", "permitted",
         VERDICT_ALLOW, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_row(&rows[i]);
    }
}

static void
test_listens_are_answered_as_the_server_does(void **state)
{
    static const struct row rows[] = {
        {"GrantListen localhost:8000-8099", "listen", "8001", NULL, "a",
         "permitted", VERDICT_ALLOW, 1},
        {"", "listen", "80", NULL, "a", "privileged-port", VERDICT_DENY, 0},
        {"", "listen", "80", NULL, "root", "unrestricted", VERDICT_ALLOW, 0},
        {"PrivilegedPorts 80", "listen", "80", NULL, "a", "unrestricted",
         VERDICT_ALLOW, 0},
        {"PrivilegedPorts 80\nGatewayPorts clientspecified", "listen",
         "name:80", NULL, "a", "privileged-port", VERDICT_DENY, 1},
        {"GrantListen 10.0.0.0/8:81-2000\nGatewayPorts clientspecified",
         "listen", "name:1999", NULL, "a", "awaits-address",
         VERDICT_ASK_ADDRESS, 1},
        {"GrantListen 10.0.0.0/8:81-2000\nGatewayPorts clientspecified",
         "listen", "name:1999", "10.0.0.1", "a", "permitted", VERDICT_ALLOW, 1},
        {"GrantListen localhost:80", "listen", "0", NULL, "a", "not-permitted",
         VERDICT_DENY, 1}, /* nobody asks for 80 by 0 */
        {"AddressFamily inet6", "listen", "127.0.0.1:8000", NULL, "a",
         "address-family", VERDICT_DENY, 1},
        {"MaxListeners 0", "listen-path", "/x", NULL, "a", "too-many-listeners",
         VERDICT_DENY, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_row(&rows[i]);
    }
}

static void
test_who_may_not_log_in_forwards_nothing(void **state)
{
    static const struct row rows[] = {
        {"DenyUsers a", "open", "db:1", NULL, "a", "login-denied", VERDICT_DENY,
         1},
        {"\nAllowUsers b", "open", "db:1", NULL, "a", "login-denied",
         VERDICT_DENY, 2},
        {"AllowUsers a@10.0.0.0/8", "open", "db:1", NULL, "a", "unrestricted",
         VERDICT_ALLOW, 0},
        {"PermitRootLogin no", "open", "db:1", NULL, "root", "login-denied",
         VERDICT_DENY, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_row(&rows[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_are_answered_as_the_server_does),
        cmocka_unit_test(test_listens_are_answered_as_the_server_does),
        cmocka_unit_test(test_who_may_not_log_in_forwards_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
