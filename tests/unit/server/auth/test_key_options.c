#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/auth/key_options.h"
#include "server/auth/key_time.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint16_t
some_service(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "https") == 0 ? 443 : 0;
}

static int
parse(struct arena *arena, const char *text, struct key_options *ret,
      struct diag *err)
{
    const struct key_options_context context = {
        .arena = arena, .service = some_service, .from = {"keys", 7}};
    const struct key_text options = {text, text == NULL ? 0 : strlen(text)};

    return key_options_parse(options, &context, ret, err);
}

/* What a line ends up with; words NULL: it is usable. */
static const struct row {
    const char *shows, *text;
    bool forwarding, ca, command;
    size_t opens, listens;
    const char *from, *words;
} rows[] = {
    {"no options", NULL, true, false, false, 0, 0, NULL, NULL},
    {"an empty list", "", true, false, false, 0, 0, NULL, NULL},
    {"restrict", "restrict", false, false, false, 0, 0, NULL, NULL},
    {"names ignore case", "ReStricT", false, false, false, 0, 0, NULL, NULL},
    {"restrict, then allowed again", "restrict,port-forwarding", true, false,
     false, 0, 0, NULL, NULL},
    {"allowed, then restrict", "port-forwarding,restrict", false, false, false,
     0, 0, NULL, NULL},
    {"no-port-forwarding", "no-port-forwarding", false, false, false, 0, 0,
     NULL, NULL},
    {"no-port-forwarding, then allowed", "NO-port-forwarding,port-forwarding",
     true, false, false, 0, 0, NULL, NULL},
    {"cert-authority", "cert-authority", true, true, false, 0, 0, NULL, NULL},
    {"command", "command=\"rm -rf /, \\\"x\\\"\",restrict", false, false, true,
     0, 0, NULL, NULL},
    {"an empty command is one", "command=\"\"", true, false, true, 0, 0, NULL,
     NULL},
    {"permitopen twice", "permitopen=\"a:1\",permitopen=\"b:*\"", true, false,
     false, 2, 0, NULL, NULL},
    {"permitopen with a slash", "permitopen=\"a/1\",permitopen=\"[::1]/2\"",
     true, false, false, 2, 0, NULL, NULL},
    {"permitopen with a service", "permitopen=\"web:https\"", true, false,
     false, 1, 0, NULL, NULL},
    {"permitlisten, with and without host",
     "permitlisten=\"8080\",permitlisten=\"localhost:81\"", true, false, false,
     0, 2, NULL, NULL},
    {"from", "from=\"*.example,!10.0.0.0/8\"", true, false, false, 0, 0,
     "*.example,!10.0.0.0/8", NULL},
    {"an escaped quote", "from=\"a\\\"b\"", true, false, false, 0, 0, "a\"b",
     NULL},
    {"other backslashes stay", "from=\"a\\b\\\\c\"", true, false, false, 0, 0,
     "a\\b\\\\c", NULL},
    {"what we cannot do is accepted",
     "agent-forwarding,no-agent-forwarding,X11-forwarding,no-x11-forwarding,"
     "pty,no-pty,user-rc,no-user-rc,touch-required,no-touch-required,"
     "verify-required",
     true, false, false, 0, 0, NULL, NULL},
    {"environment", "environment=\"A_1=b=c\",environment=\"B=\"", true, false,
     false, 0, 0, NULL, NULL},
    {"tunnel", "tunnel=\"any\",tunnel=\"0\",tunnel=\"2147483645\"", true, false,
     false, 0, 0, NULL, NULL},
    {"principals on a CA line", "cert-authority,principals=\"a,b\"", true, true,
     false, 0, 0, NULL, NULL},
    {"the order of the two does not matter",
     "principals=\"a,b\",cert-authority", true, true, false, 0, 0, NULL, NULL},
    {"commas too many are nothing", ",restrict,,port-forwarding,", true, false,
     false, 0, 0, NULL, NULL},
    {"principals without a CA", "principals=\"a\"", 0, 0, 0, 0, 0, NULL,
     "principals on non-CA key"},
    {"an unknown option", "no-such-thing", 0, 0, 0, 0, 0, NULL,
     "unknown key option"},
    {"an unknown option after a good one", "restrict,x", 0, 0, 0, 0, 0, NULL,
     "unknown key option"},
    {"an unknown option with a value", "x=\"y\"", 0, 0, 0, 0, 0, NULL,
     "unknown key option"},
    {"a name that begins alike", "restricted", 0, 0, 0, 0, 0, NULL,
     "unknown key option"},
    {"half a name", "restr", 0, 0, 0, 0, 0, NULL, "unknown key option"},
    {"a flag with a value", "restrict=\"x\"", 0, 0, 0, 0, 0, NULL,
     "unknown key option"},
    {"a value missing", "command", 0, 0, 0, 0, 0, NULL, "unknown key option"},
    {"no-restrict", "no-restrict", 0, 0, 0, 0, 0, NULL, "unknown key option"},
    {"no-cert-authority", "no-cert-authority", 0, 0, 0, 0, 0, NULL,
     "unknown key option"},
    {"no-permitopen", "no-permitopen=\"a:1\"", 0, 0, 0, 0, 0, NULL,
     "unknown key option"},
    {"text after a value", "command=\"x\"y", 0, 0, 0, 0, 0, NULL,
     "unknown key option"},
    {"no quotes", "command=x", 0, 0, 0, 0, 0, NULL, "missing start quote"},
    {"nothing after =", "command=", 0, 0, 0, 0, 0, NULL, "missing start quote"},
    {"no end quote", "command=\"x", 0, 0, 0, 0, 0, NULL, "missing end quote"},
    {"an escaped end quote", "command=\"x\\\"", 0, 0, 0, 0, 0, NULL,
     "missing end quote"},
    {"command twice", "command=\"x\",command=\"y\"", 0, 0, 0, 0, 0, NULL,
     "multiple \"command\" clauses"},
    {"from twice", "from=\"x\",from=\"y\"", 0, 0, 0, 0, 0, NULL,
     "multiple \"from\" clauses"},
    {"principals twice", "cert-authority,principals=\"x\",principals=\"y\"", 0,
     0, 0, 0, 0, NULL, "multiple \"principals\" clauses"},
    {"permitopen without a port", "permitopen=\"a\"", 0, 0, 0, 0, 0, NULL,
     "host:port"},
    {"permitopen of a bare port", "permitopen=\"22\"", 0, 0, 0, 0, 0, NULL,
     "host:port"},
    {"permitopen with a bad port", "permitopen=\"a:99999\"", 0, 0, 0, 0, 0,
     NULL, "bad port"},
    {"permitopen of none", "permitopen=\"none\"", 0, 0, 0, 0, 0, NULL,
     "host:port"},
    {"permitlisten of a bare host", "permitlisten=\"localhost\"", 0, 0, 0, 0, 0,
     NULL, "bad port"},
    {"permitlisten with a slash and no colon", "permitlisten=\"a/80\"", 0, 0, 0,
     0, 0, NULL, "bad port"},
    {"an environment without =", "environment=\"A\"", 0, 0, 0, 0, 0, NULL,
     "environment"},
    {"an environment without a name", "environment=\"=x\"", 0, 0, 0, 0, 0, NULL,
     "environment"},
    {"an environment with a bad name", "environment=\"A-B=x\"", 0, 0, 0, 0, 0,
     NULL, "environment"},
    {"a tunnel that is no device", "tunnel=\"tun0\"", 0, 0, 0, 0, 0, NULL,
     "tun device"},
    {"a tunnel that is too large", "tunnel=\"2147483646\"", 0, 0, 0, 0, 0, NULL,
     "tun device"},
    {"a tunnel that is far too large", "tunnel=\"99999999999999999999\"", 0, 0,
     0, 0, 0, NULL, "tun device"},
    {"an expiry that is none", "expiry-time=\"tomorrow\"", 0, 0, 0, 0, 0, NULL,
     "expires"},
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new();
    struct key_options options = {0};
    struct diag err = {.text = ""};
    int r = parse(arena, row->text, &options, &err);

    assert_int_equal(r, row->words == NULL ? 0 : -EINVAL);
    if (row->words != NULL) {
        assert_non_null(strstr(err.text, row->words));
        assert_null(options.limits.from.file); /* untouched */
    } else {
        assert_int_equal(options.limits.port_forwarding, row->forwarding);
        assert_int_equal(options.cert_authority, row->ca);
        assert_int_equal(options.has_command, row->command);
        assert_int_equal(options.limits.permit_open.count, row->opens);
        assert_int_equal(options.limits.permit_listen.count, row->listens);
        assert_int_equal(options.limits.from.line, 7);
        assert_string_equal(options.from == NULL ? "" : options.from,
                            row->from == NULL ? "" : row->from);
    }
    arena_free(arena);
}

static void
test_permits_are_what_was_written_and_know_their_line(void **state)
{
    struct arena *arena = arena_new();
    struct key_options options = {0};
    struct diag err = {.text = ""};
    const struct endpoint *e = NULL;

    (void)state;
    assert_int_equal(parse(arena,
                           "permitopen=\"DB:5432\",permitopen=\"[::1]/*\","
                           "permitopen=\"[/run/x]:*\",permitlisten=\"80\"",
                           &options, &err),
                     0);
    e = options.limits.permit_open.list;
    assert_string_equal(e[0].host, "DB");
    assert_int_equal(e[0].port, 5432);
    assert_string_equal(e[0].from.file, "keys");
    assert_int_equal(e[0].from.line, 7);
    assert_string_equal(e[1].host, "::1");
    assert_int_equal(e[1].port, 0);
    assert_string_equal(e[2].host, "/run/x");
    e = options.limits.permit_listen.list;
    assert_string_equal(e[0].host, "*");
    assert_int_equal(e[0].port, 80);
    assert_int_equal(options.limits.permit_listen.from.line, 7);
    arena_free(arena);
}

/* count times option, with commas. */
static int
parse_many(const char *option, size_t count, struct key_options *ret,
           struct diag *err)
{
    struct arena *arena = arena_new();
    size_t size = strlen(option);
    char *text = malloc((size + 1) * count);
    int r = 0;

    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * (size + 1), option, size);
        text[i * (size + 1) + size] = i + 1 < count ? ',' : '\0';
    }
    r = parse(arena, text, ret, err);
    assert_true(arena_used(arena) < (size_t)4 << 20);
    free(text);
    arena_free(arena);
    return r;
}

static void
test_4096_permits_are_accepted_and_no_more(void **state)
{
    struct key_options options = {0};
    struct diag err = {.text = ""};

    (void)state;
    assert_int_equal(parse_many("permitopen=\"host:22\"", 4096, &options, &err),
                     0);
    assert_int_equal(options.limits.permit_open.count, 4096);
    assert_int_equal(parse_many("permitopen=\"host:22\"", 4097, &options, &err),
                     -EINVAL);
    assert_int_equal(parse_many("permitlisten=\"22\"", 4097, &options, &err),
                     -EINVAL);
    assert_string_equal(err.text, "too many permission directives");
    assert_int_equal(parse_many("environment=\"A=b\"", 1025, &options, &err),
                     -EINVAL);
}

static void
test_a_host_of_more_than_1024_bytes_is_refused(void **state)
{
    struct arena *arena = arena_new();
    struct key_options options = {0};
    struct diag err = {.text = ""};
    char text[1100] = "permitopen=\"";

    (void)state;
    memset(text + 12, 'x', 1024);
    strcpy(text + 12 + 1024, ":1\"");
    assert_int_equal(parse(arena, text, &options, &err), 0);
    strcpy(text + 12 + 1024, "x:1\"");
    assert_int_equal(parse(arena, text, &options, &err), -EINVAL);
    arena_free(arena);
}

static void
test_the_earliest_expiry_counts(void **state)
{
    struct arena *arena = arena_new();
    struct key_options options = {0};
    struct diag err = {.text = ""};

    (void)state;
    assert_int_equal(parse(arena,
                           "expiry-time=\"20300101Z\","
                           "expiry-time=\"20200101Z\","
                           "expiry-time=\"20250101Z\"",
                           &options, &err),
                     0);
    assert_true(options.expires);
    assert_int_equal(options.expiry, 1577836800);
    arena_free(arena);
}

static void
test_times(void **state)
{
    static const struct {
        const char *text, *zone;
        time_t expected; /* 0: refused */
    } times[] = {
        {"20200101Z", "UTC0", 1577836800},
        {"20200101UTC", "UTC0", 1577836800},
        {"20200101utc", "UTC0", 1577836800},
        {"20200101", "UTC0", 1577836800},
        {"202001011234", "UTC0", 1577882040},
        {"20200101123456", "UTC0", 1577882096},
        {"20200101123456z", "EST5", 1577882096},
        {"20200101", "EST5", 1577836800 + 5 * 3600},
        {"202007010000", "CET-1CEST,M3.5.0,M10.5.0/3", 1593554400},
        {"20200230Z", "UTC0", 1583020800}, /* 1 March, as mktime(3) has it */
        {"20201301Z", "UTC0", 0},
        {"20200132Z", "UTC0", 0},
        {"20200001Z", "UTC0", 0},
        {"202001012400", "UTC0", 0},
        {"202001011260", "UTC0", 0},
        {"2020010112", "UTC0", 0},
        {"2020-01-01", "UTC0", 0},
        {"19700101Z", "UTC0", 0},
        {"19690101Z", "UTC0", 0},
        {"18000101Z", "UTC0", 0},
        {"2020010 ", "UTC0", 0},
        {"+2020101", "UTC0", 0},
        {"Z", "UTC0", 0},
        {"UTC", "UTC0", 0},
        {"", "UTC0", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        time_t t = -1;

        setenv("TZ", times[i].zone, 1);
        tzset();
        assert_int_equal(key_time_parse(times[i].text, &t),
                         times[i].expected == 0 ? -EINVAL : 0);
        assert_int_equal(t, times[i].expected == 0 ? -1 : times[i].expected);
    }
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 5] = {
        cmocka_unit_test(test_permits_are_what_was_written_and_know_their_line),
        cmocka_unit_test(test_4096_permits_are_accepted_and_no_more),
        cmocka_unit_test(test_a_host_of_more_than_1024_bytes_is_refused),
        cmocka_unit_test(test_the_earliest_expiry_counts),
        cmocka_unit_test(test_times),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 5] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
