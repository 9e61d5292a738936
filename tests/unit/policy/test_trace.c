#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/decide.h"
#include "tests/unit/policy/decision_check.h"
#include "tests/unit/policy/fixture.h"

static void
write_step(void *arg, const struct trace_step *step)
{
    static const char *const kinds[] = {
        [TRACE_NONE] = "?",        [TRACE_CRITERION] = "criterion",
        [TRACE_BLOCK] = "block",   [TRACE_SWITCH] = "switch",
        [TRACE_ADDRESS] = "about", [TRACE_RULE] = "rule",
    };

    printout_add(arg, "%s %s%s%s:%u %s\n", kinds[step->kind], step->keyword,
                 step->text != NULL ? " " : "",
                 step->text != NULL ? step->text : "", step->from.line,
                 step->matched ? "yes" : "no");
}

static void
test_the_walk_is_written_down(void **state)
{
    static const char *const groups[] = {"staff"};
    const struct identity who = {
        .user = "alice", .groups = groups, .group_count = 1};
    const struct request req = {
        .kind = REQUEST_OPEN, .host = "10.1", .port = 443};
    struct config c = config_text("GrantOpen db:1 10.0.0.0/8:443 x:2\n"
                                  "DenyOpen web:*\n"
                                  "Match User bob Group staff\n"
                                  "  GrantOpen y:1\n"
                                  "Match User alice Group staff\n"
                                  "  PermitOpen z:1\n");
    const struct settings *s = NULL;
    struct printout out = {0};
    const struct trace trace = {write_step, &out};

    (void)state;
    assert_int_equal(
        policy_resolve_traced(c.policy, &who, &trace, fixture_report, &c, &s),
        0);
    assert_decision(decide_traced(s, &key_limits_none, &req, &trace),
                    REASON_PERMITTED, 1);
    assert_string_equal(out.text, "criterion user bob:3 no\n"
                                  "block Match:3 no\n"
                                  "criterion user alice:5 yes\n"
                                  "criterion group staff:5 yes\n"
                                  "block Match:5 yes\n"
                                  "switch DisableForwarding:0 no\n"
                                  "switch AllowTcpForwarding:0 no\n"
                                  "switch no-port-forwarding:0 no\n"
                                  "about Address 10.0.0.1:0 no\n"
                                  "rule DenyOpen web:*:2 no\n"
                                  "rule PermitOpen z:1:6 no\n"
                                  "rule GrantOpen db:1:1 no\n"
                                  "rule GrantOpen 10.0.0.0/8:443:1 yes\n");
    printout_done(&out);
    policy_free(c.policy);
}

static void
test_an_address_is_written_down_as_well(void **state)
{
    const struct request req = {
        .kind = REQUEST_OPEN, .host = "zero", .port = 1};
    const struct address zero = {.family = ADDRESS_V4};
    struct config c = config_text("DenyOpen 127.0.0.0/8:*\n");
    struct printout out = {0};
    const struct trace trace = {write_step, &out};

    (void)state;
    assert_decision(
        decide_address_traced(config_for(&c, "alice"), &req, &zero, &trace),
        REASON_DENIED, 1);
    assert_string_equal(out.text, "about Address 0.0.0.0:0 no\n"
                                  "rule DenyOpen 127.0.0.0/8:*:1 no\n"
                                  "about Address 127.0.0.1:0 no\n"
                                  "rule DenyOpen 127.0.0.0/8:*:1 yes\n");
    printout_done(&out);
    policy_free(c.policy);
}

/* No entry lists port 0, but all of them together leave none of its ports. */
static void
test_a_denial_of_all_ports_is_written_down(void **state)
{
    const struct request req = {
        .kind = REQUEST_LISTEN, .host = "127.0.0.1", .wants_reply = true};
    struct config c = config_text("GrantListen 8000-8001\nDenyListen 8000\n"
                                  "DenyListen 8001\n");
    struct printout out = {0};
    const struct trace trace = {write_step, &out};

    (void)state;
    assert_decision(
        decide_traced(config_for(&c, "alice"), &key_limits_none, &req, &trace),
        REASON_DENIED, 2);
    assert_non_null(strstr(out.text, "rule GrantListen 8000-8001:1 yes\n"
                                     "rule DenyListen:2 yes\n"));
    printout_done(&out);
    policy_free(c.policy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_walk_is_written_down),
        cmocka_unit_test(test_an_address_is_written_down_as_well),
        cmocka_unit_test(test_a_denial_of_all_ports_is_written_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
