#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/decide.h"
#include "tests/unit/policy/decision_check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The addresses that a plan binds, "!" in front of an overridden request. */
static void
plan_text(const struct bind_plan *plan, char out[200])
{
    strcpy(out, plan->overridden ? "!" : "");
    strcat(out, plan->resolve ? "resolve" : "");
    for (unsigned i = 0; i < plan->count; i++) {
        char printed[ADDRESS_TEXT_MAX];

        address_format(&plan->list[i], printed);
        strcat(out, i > 0 ? "+" : "");
        strcat(out, printed);
    }
}

#define LOOP "127.0.0.1+::1"
#define WILD "0.0.0.0+::"

/* The table of B.2: columns are GatewayPorts no, yes, clientspecified. */
static const struct bind_row {
    const char *shows, *host;
    const char *plans[3];
} bind_rows[] = {
    {"bind: empty", "", {LOOP, WILD, WILD}},
    {"bind: star", "*", {LOOP, WILD, WILD}},
    {"bind: localhost", "localhost", {LOOP, "!" WILD, LOOP}},
    {"bind: 127.0.0.1", "127.0.0.1", {"127.0.0.1", "!" WILD, "127.0.0.1"}},
    {"bind: ::1", "::1", {"::1", "!" WILD, "::1"}},
    {"bind: 0.0.0.0", "0.0.0.0", {LOOP, WILD, "0.0.0.0"}},
    {"bind: ::", "::", {LOOP, "!" WILD, "::"}},
    {"bind: LOCALHOST", "LOCALHOST", {LOOP, "!" WILD, "resolve"}},
    {"bind: a name", "bastion", {LOOP, "!" WILD, "resolve"}},
    {"bind: another address", "192.0.2.1", {LOOP, "!" WILD, "192.0.2.1"}},
    {"bind: another v6 address",
     "2001:db8::1",
     {LOOP, "!" WILD, "2001:db8::1"}},
    {"bind: another loopback address",
     "127.0.0.2",
     {LOOP, "!" WILD, "127.0.0.2"}},
    {"bind: a short address", "127.1", {LOOP, "!" WILD, "resolve"}},
};

static void
test_bind_row(void **state)
{
    const struct bind_row *row = *state;
    const struct request req = {
        .kind = REQUEST_LISTEN, .host = row->host, .port = 80};

    for (int i = 0; i < 3; i++) {
        const struct settings s = {.gateway_ports.value = i};
        const struct bind_plan plan = decide_bind(&s, &req);
        char out[200];

        plan_text(&plan, out);
        assert_string_equal(out, row->plans[i]);
    }
}

static void
test_address_family_takes_the_other_family_away(void **state)
{
    static const struct {
        const char *host;
        enum gateway_ports gateway;
        const char *inet, *inet6;
    } rows[] = {
        {"", GATEWAY_NO, "127.0.0.1", "::1"},
        {"", GATEWAY_YES, "0.0.0.0", "::"},
        {"localhost", GATEWAY_CLIENT_SPECIFIED, "127.0.0.1", "::1"},
        {"127.0.0.1", GATEWAY_NO, "127.0.0.1", ""},
        {"::1", GATEWAY_NO, "", "::1"},
        {"::", GATEWAY_CLIENT_SPECIFIED, "", "::"},
        {"bastion", GATEWAY_CLIENT_SPECIFIED, "resolve", "resolve"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct request req = {
            .kind = REQUEST_LISTEN, .host = rows[i].host, .port = 80};
        struct settings s = {.gateway_ports.value = (int)rows[i].gateway,
                             .address_family.value = FAMILY_INET};
        struct bind_plan plan = decide_bind(&s, &req);
        char out[200];

        plan_text(&plan, out);
        assert_string_equal(out, rows[i].inet);
        s.address_family.value = FAMILY_INET6;
        plan = decide_bind(&s, &req);
        plan_text(&plan, out);
        assert_string_equal(out, rows[i].inet6);
    }
}

static void
test_nothing_is_bound_for_a_request_that_cannot_be(void **state)
{
    static const struct settings s = {.gateway_ports.value = GATEWAY_YES};
    struct request req = {.kind = REQUEST_OPEN, .host = "", .port = 1};

    (void)state;
    assert_int_equal(decide_bind(&s, &req).count, 0);
    req = (struct request){.kind = REQUEST_LISTEN, .host = "", .port = 65536};
    assert_int_equal(decide_bind(&s, &req).count, 0);
}

static void
test_addresses_are_narrowed_by_address_family(void **state)
{
    static const struct address no_address;
    const struct request req = {.kind = REQUEST_OPEN, .host = "x", .port = 1};
    const struct request path = {.kind = REQUEST_OPEN_PATH, .path = "/x"};
    const struct address v4 = {.family = ADDRESS_V4};
    const struct address v6 = {.family = ADDRESS_V6};
    struct settings s = {.address_family.from = {"t", 7}};

    (void)state;
    assert_decision(decide_address(&s, &req, &v4), REASON_UNRESTRICTED, 7);
    assert_decision(decide_address(&s, &req, &v6), REASON_UNRESTRICTED, 7);
    assert_decision(decide_address(&s, &req, &no_address),
                    REASON_ADDRESS_FAMILY, 7);
    s.address_family.value = FAMILY_INET;
    assert_decision(decide_address(&s, &req, &v4), REASON_UNRESTRICTED, 7);
    assert_decision(decide_address(&s, &req, &v6), REASON_ADDRESS_FAMILY, 7);
    s.address_family.value = FAMILY_INET6;
    assert_decision(decide_address(&s, &req, &v4), REASON_ADDRESS_FAMILY, 7);
    assert_decision(decide_address(&s, &req, &v6), REASON_UNRESTRICTED, 7);
    assert_decision(decide_address(&s, &path, &v6), REASON_UNKNOWN_REQUEST, 0);
}

static void
test_low_ports_are_for_root(void **state)
{
    static const struct settings no_settings;
    static const struct {
        uint32_t uid, port, start;
        enum reason reason;
    } rows[] = {
        {0, 80, 1024, REASON_UNRESTRICTED},
        {1000, 80, 1024, REASON_PRIVILEGED_PORT},
        {1000, 1023, 1024, REASON_PRIVILEGED_PORT},
        {1000, 1024, 1024, REASON_UNRESTRICTED},
        {1000, 80, 80, REASON_UNRESTRICTED},
        {1000, 79, 80, REASON_PRIVILEGED_PORT},
        {1000, 0, 1024, REASON_UNRESTRICTED},
        {1000, 1, 0, REASON_UNRESTRICTED},
        {0, 65536, 1024, REASON_BAD_PORT},
        {1000, 65536 + 8080, 1024, REASON_BAD_PORT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_decision(decide_privileged(&no_settings, rows[i].uid,
                                          rows[i].port, rows[i].start),
                        rows[i].reason, 0);
    }
}

int
main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_address_family_takes_the_other_family_away),
        cmocka_unit_test(test_nothing_is_bound_for_a_request_that_cannot_be),
        cmocka_unit_test(test_addresses_are_narrowed_by_address_family),
        cmocka_unit_test(test_low_ports_are_for_root),
    };
    struct CMUnitTest tests[COUNT(plain) + COUNT(bind_rows)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(plain); i++) {
        tests[count++] = plain[i];
    }
    for (size_t i = 0; i < COUNT(bind_rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = bind_rows[i].shows,
            .test_func = test_bind_row,
            .initial_state = (void *)(uintptr_t)&bind_rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
