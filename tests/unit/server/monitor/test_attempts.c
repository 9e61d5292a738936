#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/limits.h"
#include "server/monitor/attempts.h"

#define TRIES 3 /* MaxAuthTries of these tests */

static bool
fails(struct attempts *a, enum auth_method method)
{
    attempts_request(a);
    return attempts_failure(a, method, TRIES);
}

static void
test_the_first_none_is_free(void **state)
{
    struct attempts a = {0};

    (void)state;
    assert_true(fails(&a, AUTH_METHOD_NONE));
    assert_int_equal(a.failures, 0);
}

static void
test_a_later_none_counts(void **state)
{
    struct attempts a = {0};

    (void)state;
    assert_true(fails(&a, AUTH_METHOD_PUBLICKEY));
    assert_true(fails(&a, AUTH_METHOD_NONE));
    assert_int_equal(a.failures, 2);
}

static void
test_max_auth_tries_allows_one_failure_less(void **state)
{
    struct attempts a = {0};

    (void)state;
    assert_true(fails(&a, AUTH_METHOD_NONE));
    assert_true(fails(&a, AUTH_METHOD_PASSWORD));
    assert_true(fails(&a, AUTH_METHOD_PASSWORD));
    assert_false(fails(&a, AUTH_METHOD_PASSWORD));
}

static void
test_max_auth_tries_1_forgives_nothing(void **state)
{
    struct attempts a = {0};

    (void)state;
    attempts_request(&a);
    assert_true(attempts_failure(&a, AUTH_METHOD_NONE, 1));
    attempts_request(&a);
    assert_false(attempts_failure(&a, AUTH_METHOD_PUBLICKEY, 1));
}

static void
test_requests_have_a_ceiling(void **state)
{
    struct attempts a = {0};

    (void)state;
    for (int i = 0; i < LIMIT_LOGIN_REQUESTS; i++) {
        assert_true(attempts_request(&a));
    }
    assert_false(attempts_request(&a));
}

static void
test_when_a_failure_is_logged_loudly(void **state)
{
    static const struct {
        unsigned failures;
        enum auth_method method;
        bool valid;
        bool loud;
        const char *why;
    } rows[] = {
        {0, AUTH_METHOD_PUBLICKEY, true, false, "clients try many keys"},
        {0, AUTH_METHOD_PUBLICKEY, false, true, "nobody's keys"},
        {0, AUTH_METHOD_PASSWORD, true, true, "passwords always"},
        {2, AUTH_METHOD_PUBLICKEY, true, false, "2 of 6"},
        {3, AUTH_METHOD_PUBLICKEY, true, true, "half of 6"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct attempts a = {.failures = rows[i].failures};

        if (attempts_are_loud(&a, rows[i].method, rows[i].valid, 6) !=
            rows[i].loud) {
            fail_msg("%s", rows[i].why);
        }
    }
}

static void
test_failures_are_answered_at_fixed_times(void **state)
{
    static const struct {
        uint64_t elapsed, delay;
    } rows[] = {
        {0, 10}, {3, 7}, {10, 0}, {11, 9}, {39, 1}, {41, 39}, {6000, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(attempts_delay_ms(rows[i].elapsed), rows[i].delay);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_none_is_free),
        cmocka_unit_test(test_a_later_none_counts),
        cmocka_unit_test(test_max_auth_tries_allows_one_failure_less),
        cmocka_unit_test(test_max_auth_tries_1_forgives_nothing),
        cmocka_unit_test(test_requests_have_a_ceiling),
        cmocka_unit_test(test_when_a_failure_is_logged_loudly),
        cmocka_unit_test(test_failures_are_answered_at_fixed_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
