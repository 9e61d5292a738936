#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/decide.h"
#include "tests/unit/policy/fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A line that is refused, and what is said about it. */
static const struct {
    const char *line, *said;
} bad[] = {
    {"GrantOpen", "no argument after keyword \"GrantOpen\"\n"
                  "f: terminating, 1 bad configuration options"},
    {"GrantOpen db", "GrantOpen \"db\" is not host:port"},
    {"GrantOpen :1", "GrantOpen an entry has no host"},
    {"GrantOpen db:0",
     "GrantOpen \"0\" is neither a port nor a range of ports"},
    {"GrantOpen db:9-8",
     "GrantOpen \"9-8\" is neither a port nor a range of ports"},
    {"GrantOpen db:nosuch",
     "GrantOpen \"nosuch\" is neither a port nor a range of ports"},
    {"GrantOpen a:1 127.1:1",
     "GrantOpen \"127.1\" is not an address: write it in full"},
    {"DenyOpen 2130706433:*",
     "DenyOpen \"2130706433\" is not an address: write it in full"},
    {"GrantOpen 10.*:1", "GrantOpen \"10.*\" is a pattern of an address: write "
                         "a network, such as 10.0.0.0/8"},
    {"GrantOpen 10.0.0.1/8:1", "GrantOpen \"10.0.0.1/8\" has bits set after "
                               "its prefix"},
    {"GrantOpen fd00::/8:*",
     "GrantOpen \"fd00::/8:*\": write an IPv6 address in brackets"},
    {"GrantOpen [fd00::/8]", "GrantOpen \"[fd00::/8]\" is not host:port"},
    {"GrantOpen [fd00::/8:*",
     "GrantOpen \"[fd00::/8:*\" is not [address]:port"},
    {"GrantOpen [fe80::1%2]:1", "GrantOpen \"fe80::1%2\": leave out the scope"},
    {"GrantOpen [fe80::%2/64]:1",
     "GrantOpen \"fe80::%2/64\": leave out the scope"},
    {"GrantOpen !db:1", "GrantOpen \"!db\" is not a name: there is no "
                        "negation, and entries are separated by blanks"},
    {"GrantOpen a,b:1", "GrantOpen \"a,b\" is not a name: there is no "
                        "negation, and entries are separated by blanks"},
    {"GrantOpen a\\\\b:1", "GrantOpen \"a\\b\" is not a name: there is no "
                           "negation, and entries are separated by blanks"},
    {"DenyOpen [2001:db8::1::2]:*",
     "DenyOpen \"2001:db8::1::2\" is not an address: write it in full"},
    {"DenyOpen [fe80::*]:*",
     "DenyOpen \"fe80::*\" is not an address: write it in full"},
    {"DenyOpen 10.0.0.1%eth0:*",
     "DenyOpen \"10.0.0.1%eth0\": leave out the scope"},
    {"GrantOpen none a:1", "GrantOpen \"none\" is not host:port"},
    {"GrantOpen any", "GrantOpen \"any\" is not host:port"},
    {"GrantListen db:1", "GrantListen \"db\" is neither an address in full, a "
                         "network, localhost nor *"},
    {"GrantListen [::1]", "GrantListen \"[::1]\" has no port"},
    {"DenyListen 0", "DenyListen \"0\" is neither a port nor a range of ports"},
    {"ListenFrom db", "ListenFrom \"db\" is neither an address in full, a "
                      "network, localhost nor *"},
    {"ListenFrom 10.1/16", "ListenFrom \"10.1/16\" is not a network"},
    {"GrantOpenPath run/x",
     "GrantOpenPath \"run/x\" is not a path that begins with /"},
    {"GrantListenPath /run/../x",
     "GrantListenPath \"/run/../x\" has an empty part, \".\" or \"..\": no "
     "socket would match it"},
    {"PrivilegedPorts yes",
     "PrivilegedPorts \"yes\" is neither a port, a range of ports nor no."},
    {"MaxForwards many", "MaxForwards integer value invalid."},
    {"MaxForwards 16385", "MaxForwards is at most 16384."},
    {"MaxListeners 1025", "MaxListeners is at most 1024."},
    {"MaxConnectionsPerUser 0", "MaxConnectionsPerUser is neither a number "
                                "from 1 to 2147483647 nor none."},
    {"ForwardRateLimit 10", "ForwardRateLimit is neither a rate from 1K to 1T "
                            "bytes a second nor none."},
    {"ForwardRateLimit 10X", "ForwardRateLimit is neither a rate from 1K to "
                             "1T bytes a second nor none."},
    {"ConnectTimeout soon", "invalid time value."},
    {"MaxForwardWindow \"\"", "MaxForwardWindow missing argument."},
    {"MaxForwardWindow none",
     "MaxForwardWindow \"none\" is not a size from 128K to 1G bytes."},
    {"MaxForwardWindow 131071",
     "MaxForwardWindow \"131071\" is not a size from 128K to 1G bytes."},
    {"MaxForwardWindow 1M 1025M",
     "MaxForwardWindow \"1025M\" is not a size from 128K to 1G bytes."},
    {"MaxForwardWindow 2M 1M",
     "MaxForwardWindow 2M of one forward is more than 1M of all."},
};

static void
test_a_bad_entry_names_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[200], want[400];
        struct config c;

        snprintf(text, sizeof(text), "# one\n%s\n", bad[i].line);
        snprintf(want, sizeof(want), "f line 2: %s\n", bad[i].said);
        c = config_text(text);
        assert_true(c.r < 0);
        assert_string_equal(c.said, want);
    }
}

/* What -T prints for a configuration is that configuration. */
static void
test_what_is_printed_is_read_back(void **state)
{
    static const char text[] =
        "GrantOpen *.db.internal:5432 10.0.0.0/8:443 [fd00::/8]:*\n"
        "GrantOpen Host.Example.:8000-8099 db:postgresql *:22 192.0.2.1:1\n"
        "DenyOpen 169.254.0.0/16:* [::ffff:10.0.0.0/104]:1\n"
        "GrantListen 8000-8099 localhost:80 [::]:90 0.0.0.0/0:1\n"
        "DenyListen 10.0.0.1:*\n"
        "ListenFrom 10.0.0.0/8 [fd00::/8] ::1 localhost\n"
        "GrantOpenPath /run/*/a.sock \"/run/with blank\"\n"
        "GrantListenPath none\n"
        "PrivilegedPorts 80 500-510\n"
        "MaxForwards 10\nMaxListeners 0\nMaxConnectionsPerUser 3\n"
        "MaxConnectionLifetime 8h\nConnectTimeout 10\nForwardRateLimit 10M\n"
        "MaxForwardWindow 1M 8M\n";
    struct config c = config_text(text);
    struct printout first = {0};
    struct printout second = {0};

    (void)state;
    assert_string_equal(c.said, "");
    first = config_dump(config_for(&c, "alice"));
    policy_free(c.policy);
    assert_non_null(strstr(first.text, "GrantOpen Host.Example.:8000-8099\n"));
    assert_non_null(strstr(first.text, "GrantListenPath none\n"));
    assert_non_null(strstr(first.text, "ForwardRateLimit 10485760\n"));
    assert_non_null(strstr(first.text, "MaxForwardWindow 1048576 8388608\n"));
    assert_non_null(strstr(first.text, "PrivilegedPorts 80 500-510\n"));
    assert_non_null(strstr(first.text, "MaxConnectionLifetime 28800\n"));
    c = config_text(first.text);
    assert_string_equal(c.said, "");
    second = config_dump(config_for(&c, "alice"));
    assert_string_equal(second.text, first.text);
    policy_free(c.policy);
    printout_done(&first);
    printout_done(&second);
}

static void
test_none_restricts_and_any_does_not(void **state)
{
    struct config c = config_text("GrantOpen none\nListenFrom any\n");
    const struct settings *s = config_for(&c, "alice");

    (void)state;
    assert_int_equal(s->grant_open.count, 1);
    assert_int_equal(s->grant_open.list[0].kind, GRANT_NONE);
    assert_int_equal(s->listen_from.count, 0);
    assert_int_equal(s->listen_from.from.line, 2);
    policy_free(c.policy);
}

static const struct {
    const char *outer, *inner;
    bool covers;
} coverings[] = {
    {"*:*", "db:1", true},
    {"10.0.0.0/8:*", "10.1.0.0/16:1-2", true},
    {"10.1.0.0/16:*", "10.0.0.0/8:1", false},
    {"10.0.0.0/8:1", "10.1.0.0/16:*", false},
    {"10.0.0.0/8:*", "db:1", false},
    {"*.corp:*", "git.corp:22", true},
    {"*.corp:*", "*.corp:22", true},
    {"*.corp:*", "git.org:22", false},
    {"Git.corp:22", "git.CORP.:22", true},
    {"*:2-3", "db:1-3", false},
};

static void
test_entries_cover_each_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(coverings); i++) {
        char text[200];
        struct config c;
        const struct grant *list;

        snprintf(text, sizeof(text), "GrantOpen %s %s\n", coverings[i].outer,
                 coverings[i].inner);
        c = config_text(text);
        assert_int_equal(c.r, 0);
        list = policy_global(c.policy)->grant_open.list;
        if (grant_covers(&list[0], &list[1]) != coverings[i].covers) {
            fail_msg("%s", text);
        }
        policy_free(c.policy);
    }
}

/* Each identity has lists of its own, however often it is asked about. */
static void
test_lists_of_one_user_do_not_reach_another(void **state)
{
    struct config c = config_text("GrantOpen a:1\nGrantOpen b:1\n"
                                  "GrantOpen c:1\n"
                                  "Match User x\nGrantOpen x:1\n"
                                  "Match User y\nGrantOpen y:1\n");
    const struct settings *x = config_for(&c, "x");
    const struct settings *y = config_for(&c, "y");

    (void)state;
    assert_string_equal(x->grant_open.list[3].text, "x:1");
    assert_string_equal(y->grant_open.list[3].text, "y:1");
    assert_int_equal(config_for(&c, "z")->grant_open.count, 3);
    policy_free(c.policy);
}

static const struct {
    const char *lines;
    uint64_t each, total, ceiling; /* in units of 128K */
} windows[] = {
    {"", 128, 512, 512},
    {"MaxForwardWindow 128K\n", 1, 4, 4},
    {"MaxForwardWindow 0.5m 0.5m\n", 4, 4, 4},
    {"MaxForwardWindow 512M\n", 4096, 8192, 8192},
    {"MaxForwardWindow 1G 1G\n", 8192, 8192, 8192},
    {"MaxForwardWindow 1M\nMaxForwardWindow 2M\n", 8, 32, 32},
    {"MaxForwardWindow 1M\nMatch User x\nMaxForwardWindow 2M\n", 16, 64, 64},
    {"MaxForwardWindow 1M\nMatch User y\nMaxForwardWindow 2M\n", 8, 32, 64},
    {"Match User y\nMaxForwardWindow 128K\n", 128, 512, 512},
};

/* The ceiling is the largest total of anybody. */
static void
test_windows_of_forwards(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(windows); i++) {
        struct config c = config_text(windows[i].lines);
        const struct window_setting *got =
            &config_for(&c, "x")->max_forward_window;

        if (got->each != windows[i].each * POLICY_WINDOW_MIN ||
            got->total != windows[i].total * POLICY_WINDOW_MIN ||
            policy_highest_windows(c.policy)->total !=
                windows[i].ceiling * POLICY_WINDOW_MIN) {
            fail_msg("%s", windows[i].lines);
        }
        policy_free(c.policy);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_entry_names_its_line),
        cmocka_unit_test(test_what_is_printed_is_read_back),
        cmocka_unit_test(test_none_restricts_and_any_does_not),
        cmocka_unit_test(test_entries_cover_each_other),
        cmocka_unit_test(test_lists_of_one_user_do_not_reach_another),
        cmocka_unit_test(test_windows_of_forwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
