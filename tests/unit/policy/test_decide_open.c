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

#define NETWORKS "GrantOpen 10.0.0.0/8:443 [fd00::/8]:*\n"
#define NAMES "GrantOpen *.db.internal:5432 host:8000-8099\n"
#define METADATA "DenyOpen 169.254.0.0/16:* 127.0.0.0/8:* [::1]:*\n"

/*
 * One request under one configuration.  address is what the host resolves
 * to; NULL: only the name is asked about.
 */
static const struct open_row {
    const char *shows;
    const char *config;
    const char *host;
    uint32_t port;
    const char *address;
    enum reason by_name, by_address;
    unsigned line; /* of the last question that was asked */
} rows[] = {
    {"without any list all passes", "", "db", 1, "10.0.0.1",
     REASON_UNRESTRICTED, REASON_UNRESTRICTED, 0},
    {"a name may resolve into a granted network", NETWORKS, "db", 443,
     "10.1.2.3", REASON_AWAITS_ADDRESS, REASON_PERMITTED, 1},
    {"or out of it", NETWORKS, "db", 443, "11.1.2.3", REASON_AWAITS_ADDRESS,
     REASON_NOT_PERMITTED, 1},
    {"v4-mapped is v4", NETWORKS, "db", 443, "::ffff:10.1.2.3",
     REASON_AWAITS_ADDRESS, REASON_PERMITTED, 1},
    {"a v6 network has its own port", NETWORKS, "db", 80, "fd00::1",
     REASON_AWAITS_ADDRESS, REASON_PERMITTED, 1},
    {"families do not mix", NETWORKS, "db", 80, "10.1.2.3",
     REASON_AWAITS_ADDRESS, REASON_NOT_PERMITTED, 1},
    {"no network has the port: nothing to resolve",
     "GrantOpen 10.0.0.0/8:443\n", "db", 80, NULL, REASON_NOT_PERMITTED, 0, 1},
    {"an address is decided at once", NETWORKS, "10.1.2.3", 443, "10.1.2.3",
     REASON_PERMITTED, REASON_PERMITTED, 1},
    {"however it is written: 10.66051", NETWORKS, "10.66051", 443, "10.1.2.3",
     REASON_PERMITTED, REASON_PERMITTED, 1},
    {"an address outside is not resolved", NETWORKS, "11.1.2.3", 443, NULL,
     REASON_NOT_PERMITTED, 0, 1},
    {"a name by pattern, wherever it leads", NAMES, "a.b.db.internal", 5432,
     "203.0.113.1", REASON_PERMITTED, REASON_PERMITTED, 1},
    {"names have no case", NAMES, "A.DB.Internal", 5432, NULL, REASON_PERMITTED,
     0, 1},
    {"a dot at the end is the same name", NAMES, "a.db.internal.", 5432, NULL,
     REASON_PERMITTED, 0, 1},
    {"the pattern wants its dot", NAMES, "db.internal", 5432, NULL,
     REASON_NOT_PERMITTED, 0, 1},
    {"the first port of a range", NAMES, "host", 8000, NULL, REASON_PERMITTED,
     0, 1},
    {"the last one", NAMES, "host", 8099, NULL, REASON_PERMITTED, 0, 1},
    {"before the range", NAMES, "host", 7999, NULL, REASON_NOT_PERMITTED, 0, 1},
    {"behind the range", NAMES, "host", 8100, NULL, REASON_NOT_PERMITTED, 0, 1},
    {"* is any host", "GrantOpen *:22\n", "127.1", 22, "127.0.0.1",
     REASON_PERMITTED, REASON_PERMITTED, 1},
    {"none lists nothing", "GrantOpen none\n", "db", 1, NULL,
     REASON_NOT_PERMITTED, 0, 1},
    {"PermitOpen lists it", "PermitOpen db:1\n" NETWORKS, "db", 1, "192.0.2.1",
     REASON_PERMITTED, REASON_PERMITTED, 1},
    {"PermitOpen does not, GrantOpen does", "PermitOpen db:1\n" NETWORKS, "web",
     443, "10.0.0.1", REASON_AWAITS_ADDRESS, REASON_PERMITTED, 2},
    {"neither lists it: the first list is named",
     "GrantOpen x:1\nPermitOpen db:1\n", "web", 443, NULL, REASON_NOT_PERMITTED,
     0, 2},
    {"PermitOpen none adds nothing", "PermitOpen none\nGrantOpen x:1\n", "x", 1,
     NULL, REASON_PERMITTED, 0, 2},
    {"PermitOpen any takes nothing away", "PermitOpen any\nGrantOpen x:1\n",
     "y", 1, NULL, REASON_NOT_PERMITTED, 0, 2},
    {"a denied network", METADATA, "metadata", 80, "169.254.169.254",
     REASON_UNRESTRICTED, REASON_DENIED, 1},
    {"v4-mapped is denied as well", METADATA, "metadata", 80,
     "::ffff:169.254.169.254", REASON_UNRESTRICTED, REASON_DENIED, 1},
    {"one in numbers is denied at once", METADATA, "2852039166", 80, NULL,
     REASON_DENIED, 0, 1},
    {"loopback: 127.1", METADATA, "127.1", 80, NULL, REASON_DENIED, 0, 1},
    {"loopback: 0x7f000001", METADATA, "0x7f000001", 80, NULL, REASON_DENIED, 0,
     1},
    {"loopback: 2130706433", METADATA, "2130706433", 80, NULL, REASON_DENIED, 0,
     1},
    {"loopback: 0177.0.0.1", METADATA, "0177.0.0.1", 80, NULL, REASON_DENIED, 0,
     1},
    {"loopback: 0.0.0.0", METADATA, "0.0.0.0", 80, NULL, REASON_DENIED, 0, 1},
    {"loopback: 0", METADATA, "0", 80, NULL, REASON_DENIED, 0, 1},
    {"loopback: ::", METADATA, "::", 80, NULL, REASON_DENIED, 0, 1},
    {"loopback: ::ffff:127.0.0.1", METADATA, "::ffff:127.0.0.1", 80, NULL,
     REASON_DENIED, 0, 1},
    {"loopback: ::ffff:0.0.0.0", METADATA, "::ffff:0.0.0.0", 80, NULL,
     REASON_DENIED, 0, 1},
    {"loopback: a name of 0.0.0.0", METADATA, "zero", 80, "0.0.0.0",
     REASON_UNRESTRICTED, REASON_DENIED, 1},
    {"0.0.0.0 is also in 0.0.0.0/8", "DenyOpen 0.0.0.0/8:*\n", "0", 80, NULL,
     REASON_DENIED, 0, 1},
    {"0.0.0.0 is granted as loopback", "GrantOpen 127.0.0.1:80\n", "0.0.0.0",
     80, "0.0.0.0", REASON_PERMITTED, REASON_PERMITTED, 1},
    {"but not as what it says", "GrantOpen 0.0.0.0/8:80\n", "0.0.0.0", 80, NULL,
     REASON_NOT_PERMITTED, 0, 1},
    {"an interface changes nothing", "DenyOpen [fe80::/10]:*\n", "fe80::1%eth0",
     80, NULL, REASON_DENIED, 0, 1},
    {"a letter by its number is no way around", "DenyOpen git.corp:22\n",
     "g\\105t.corp", 22, NULL, REASON_BAD_NAME, 0, 0},
    {"a denied name", "DenyOpen *.corp:22\n", "Git.CORP.", 22, NULL,
     REASON_DENIED, 0, 1},
    {"at another port", "DenyOpen *.corp:22\n", "git.corp", 23, "10.0.0.1",
     REASON_UNRESTRICTED, REASON_UNRESTRICTED, 0},
    {"DenyOpen wins over PermitOpen", "PermitOpen db:1\nDenyOpen db:*\n", "db",
     1, NULL, REASON_DENIED, 0, 2},
    {"and over GrantOpen, by address",
     "GrantOpen 10.0.0.0/8:443\nDenyOpen 10.9.0.0/16:*\n", "db", 443,
     "10.9.1.1", REASON_AWAITS_ADDRESS, REASON_DENIED, 2},
    {"and over a name that is listed", "PermitOpen db:1\n" METADATA, "db", 1,
     "127.0.0.1", REASON_PERMITTED, REASON_DENIED, 2},
    {"the first entry that lists it is named",
     "GrantOpen *:*\nGrantOpen db:1\n", "db", 1, NULL, REASON_PERMITTED, 0, 1},
};

static void
test_open_row(void **state)
{
    const struct open_row *row = *state;
    const struct request req = {
        .kind = REQUEST_OPEN, .host = row->host, .port = row->port};
    struct config c = config_text(row->config);
    const struct settings *s = config_for(&c, "alice");
    struct decision d = decide(s, &key_limits_none, &req);
    struct address a = {0};

    assert_string_equal(c.said, "");
    assert_string_equal(reason_name(d.reason), reason_name(row->by_name));
    assert_int_equal(d.verdict, verdict_of(row->by_name));
    if (row->address != NULL) {
        assert_int_equal(
            address_parse_sized(row->address, strlen(row->address), &a), 0);
        d = decide_address(s, &req, &a);
        assert_string_equal(reason_name(d.reason),
                            reason_name(row->by_address));
        assert_int_equal(d.verdict, verdict_of(row->by_address));
    }
    assert_int_equal(d.from.line, row->line);
    policy_free(c.policy);
}

static struct decision
decide_for(struct config *c, const char *user, const char *host, uint32_t port)
{
    const struct request req = {
        .kind = REQUEST_OPEN, .host = host, .port = port};

    return decide(config_for(c, user), &key_limits_none, &req);
}

static void
test_grants_of_all_matching_blocks_add_up(void **state)
{
    struct config c = config_text("GrantOpen a:1\n"
                                  "Match Group staff\n"
                                  "  GrantOpen b:1\n"
                                  "Match Group ops\n"
                                  "  GrantOpen c:1\n"
                                  "  DenyOpen a:1\n"
                                  "Match User bob\n"
                                  "  GrantOpen d:1\n"
                                  "Match all\n"
                                  "  GrantOpen e:1\n");

    (void)state;
    assert_decision(decide_for(&c, "alice", "a", 1), REASON_DENIED, 6);
    assert_decision(decide_for(&c, "alice", "b", 1), REASON_PERMITTED, 3);
    assert_decision(decide_for(&c, "alice", "c", 1), REASON_PERMITTED, 5);
    assert_decision(decide_for(&c, "alice", "d", 1), REASON_NOT_PERMITTED, 1);
    assert_decision(decide_for(&c, "bob", "d", 1), REASON_PERMITTED, 8);
    assert_decision(decide_for(&c, "bob", "e", 1), REASON_PERMITTED, 10);
    /* Each has a list of its own. */
    assert_int_equal(config_for(&c, "bob")->grant_open.count, 5);
    assert_int_equal(config_for(&c, "alice")->grant_open.count, 4);
    assert_int_equal(policy_global(c.policy)->grant_open.count, 2);
    policy_free(c.policy);
}

static void
test_a_key_narrows_what_is_granted(void **state)
{
    static const struct endpoint only[] = {
        {.host = "db", .port = 443, .from = {"keys", 7}}};
    const struct key_limits k = {.port_forwarding = true,
                                 .permit_open = {{"keys", 7}, only, 1, NULL},
                                 .from = {"keys", 7}};
    struct request req = {.kind = REQUEST_OPEN, .host = "db", .port = 443};
    struct config c = config_text(NETWORKS);
    const struct settings *s = config_for(&c, "alice");

    (void)state;
    assert_decision(decide(s, &k, &req), REASON_AWAITS_ADDRESS, 1);
    req.host = "web";
    assert_decision(decide(s, &k, &req), REASON_KEY_NOT_PERMITTED, 7);
    policy_free(c.policy);
}

static struct decision
decide_path(struct config *c, enum request_kind kind, const char *path)
{
    const struct request req = {.kind = kind, .path = path};

    return decide(config_for(c, "alice"), &key_limits_none, &req);
}

static void
test_sockets_go_by_their_own_lists(void **state)
{
    struct config c = config_text("GrantOpenPath /run/*/app.sock\n"
                                  "PermitOpen *:*\n"
                                  "GrantListenPath /tmp/**\n");

    (void)state;
    assert_decision(decide_path(&c, REQUEST_OPEN_PATH, "/run/x/app.sock"),
                    REASON_PERMITTED, 1);
    assert_decision(decide_path(&c, REQUEST_OPEN_PATH, "/run/x/y/app.sock"),
                    REASON_NOT_PERMITTED, 1);
    assert_decision(decide_path(&c, REQUEST_OPEN_PATH, "/run/../app.sock"),
                    REASON_BAD_PATH, 1);
    assert_decision(decide_path(&c, REQUEST_OPEN_PATH, "run/x/app.sock"),
                    REASON_BAD_PATH, 1);
    assert_decision(decide_path(&c, REQUEST_LISTEN_PATH, "/tmp/a/b"),
                    REASON_PERMITTED, 3);
    assert_decision(decide_path(&c, REQUEST_LISTEN_PATH, "/run/a"),
                    REASON_NOT_PERMITTED, 3);
    policy_free(c.policy);
}

static void
test_a_grant_to_hosts_is_none_to_sockets(void **state)
{
    struct config c = config_text("GrantOpen *:*\n");

    (void)state;
    assert_decision(decide_path(&c, REQUEST_OPEN_PATH, "/run/docker.sock"),
                    REASON_NOT_PERMITTED, 1);
    assert_int_equal(decide_path(&c, REQUEST_LISTEN_PATH, "/tmp/x").verdict,
                     VERDICT_ALLOW);
    policy_free(c.policy);
}

int
main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_grants_of_all_matching_blocks_add_up),
        cmocka_unit_test(test_a_key_narrows_what_is_granted),
        cmocka_unit_test(test_sockets_go_by_their_own_lists),
        cmocka_unit_test(test_a_grant_to_hosts_is_none_to_sockets),
    };
    struct CMUnitTest tests[COUNT(plain) + COUNT(rows)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(plain); i++) {
        tests[count++] = plain[i];
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_open_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
