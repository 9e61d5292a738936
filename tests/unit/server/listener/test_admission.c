/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/listener/admission.h"
#include "tests/unit/server/listener/listener_fixture.h"

/* One client of 192.0.2.1 under the settings in text. */
static bool
allows(struct admission *a, const char *text, struct arrival next)
{
    struct policy *policy = policy_of(text);
    bool allowed = false;

    next.client = address_of("192.0.2.1");
    next.client_port = 40000;
    next.local = address_of("::1");
    next.local_port = 22;
    next.now_us += 1000000000;
    said[0] = '\0';
    allowed = admission_allows(a, policy_global(policy), &next, &to_said);
    policy_free(policy);
    return allowed;
}

#define DROP(n) "drop connection #" n " from [192.0.2.1]:40000 on [::1]:22 "

static void
test_a_client_below_all_limits_is_let_in_silently(void **state)
{
    struct admission a;

    (void)state;
    admission_init(&a);
    assert_true(allows(&a, "", (struct arrival){.waiting = 9}));
    assert_true(allows(&a, "PerSourceMaxStartups 3",
                       (struct arrival){.waiting_from_source = 2}));
    assert_string_equal(said, "");
}

static void
test_max_startups_drops_by_the_dice(void **state)
{
    struct admission a;

    (void)state;
    admission_init(&a);
    assert_true(allows(&a, "", (struct arrival){.waiting = 10, .dice = 30}));
    assert_false(allows(&a, "", (struct arrival){.waiting = 10, .dice = 29}));
    assert_string_equal(said, "3 " DROP("10") "past MaxStartups\n");
    assert_false(allows(&a, "MaxStartups 3",
                        (struct arrival){.waiting = 3, .dice = 99}));
}

static void
test_one_source_has_a_limit_of_its_own(void **state)
{
    struct admission a;

    (void)state;
    admission_init(&a);
    assert_false(
        allows(&a, "PerSourceMaxStartups 3",
               (struct arrival){.waiting = 5, .waiting_from_source = 3}));
    assert_string_equal(said, "3 " DROP("5") "past PerSourceMaxStartups\n");
    assert_false(allows(&a, "PerSourceMaxStartups 0", (struct arrival){0}));
}

static void
test_a_penalty_comes_before_the_limits(void **state)
{
    const struct address from = address_of("192.0.2.1");
    struct policy *policy = policy_of("");
    struct admission a;

    (void)state;
    admission_init(&a);
    penalties_add(&a.penalties, policy_global(policy), &from, PENALTY_CRASH,
                  1000000000, &to_said);
    assert_false(allows(&a, "", (struct arrival){.waiting = 100}));
    assert_string_equal(said, "3 " DROP("100") "penalty: caused crash\n");
    penalty_table_clear(&a.penalties.v4.table);
    policy_free(policy);
}

/* Lines of a flood go to the debug level, and are counted for later. */
static void
test_a_flood_does_not_flood_the_log(void **state)
{
    struct admission a;

    (void)state;
    admission_init(&a);
    for (int i = 0; i < 20; i++) {
        assert_false(allows(&a, "", (struct arrival){.waiting = 100}));
        assert_int_equal(said[0], i < 3 ? '3' : '7');
    }
    assert_false(
        allows(&a, "", (struct arrival){.waiting = 100, .now_us = 300000000}));
    assert_string_equal(
        said, "3 " DROP("100") "past MaxStartups\n"
                               "3 MaxStartups logging rate-limited: additional "
                               "17 connections dropped\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_below_all_limits_is_let_in_silently),
        cmocka_unit_test(test_max_startups_drops_by_the_dice),
        cmocka_unit_test(test_one_source_has_a_limit_of_its_own),
        cmocka_unit_test(test_a_penalty_comes_before_the_limits),
        cmocka_unit_test(test_a_flood_does_not_flood_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
