/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/ctl/walk.h"

/* A walk with an element of every kind. */
static void
take(struct walk *w)
{
    static const struct trace_step steps[] = {
        {TRACE_CRITERION, true, "user", "a\nb", {"f", 3}},
        {TRACE_CRITERION, false, "group", "ops", {"f", 3}},
        {TRACE_BLOCK, false, "Match", NULL, {"f", 3}},
        {TRACE_BLOCK, false, "Match", NULL, {"f", 4}}, /* not looked at */
        {TRACE_SWITCH, false, "DisableForwarding", NULL, {"d", 0}},
        {TRACE_ADDRESS, false, "Address", "10.0.0.1", {NULL, 0}},
        {TRACE_RULE, true, "GrantOpen", "10.0.0.0/8:\"", {"f", 9}},
    };
    struct trace trace = walk_trace(w);

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        trace_step(&trace, steps[i]);
    }
}

static void
test_a_walk_for_people(void **state)
{
    struct walk w = {0};

    (void)state;
    take(&w);
    assert_string_equal(
        w.out.text,
        "  f:3: Match does not hold (user a\\012b: yes, group ops: no)\n"
        "  f:4: Match does not hold (nor does what it is included from)\n"
        "  default: DisableForwarding: does not refuse\n"
        "  for 10.0.0.1:\n"
        "  f:9: GrantOpen 10.0.0.0/8:\": lists it\n");
    walk_done(&w);
}

static void
test_a_walk_for_programs(void **state)
{
    struct walk w = {.json = true};
    struct trace trace = walk_trace(&w);

    (void)state;
    trace_step(&trace, (struct trace_step){
                           TRACE_BLOCK, true, "Match", NULL, {"f\"", 3}});
    trace_step(&trace,
               (struct trace_step){
                   TRACE_RULE, false, "PermitOpen", "a:\x01", {"d", 0}});
    assert_string_equal(
        w.out.text,
        "{\"step\":\"match\",\"keyword\":\"Match\",\"text\":null,"
        "\"matched\":true,\"file\":\"f\\\"\",\"line\":3},"
        "{\"step\":\"rule\",\"keyword\":\"PermitOpen\","
        "\"text\":\"a:\\\\001\",\"matched\":false,\"file\":null,\"line\":0}");
    walk_done(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_walk_for_people),
        cmocka_unit_test(test_a_walk_for_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
