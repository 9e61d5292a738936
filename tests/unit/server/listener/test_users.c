#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/listener/users.h"

static void
test_the_last_place_is_given_once(void **state)
{
    struct users u = {0};

    (void)state;
    assert_true(users_admit(&u, 1000, 2));
    assert_true(users_admit(&u, 1000, 2));
    assert_false(users_admit(&u, 1000, 2));
    assert_int_equal(users_count(&u, 1000), 2);
    users_leave(&u, 1000);
    assert_true(users_admit(&u, 1000, 2));
    users_leave(&u, 1000);
    users_leave(&u, 1000);
    assert_int_equal(users_count(&u, 1000), 0);
}

static void
test_users_of_one_bucket_are_told_apart(void **state)
{
    struct users u = {0};

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(users_admit(&u, i * USER_BUCKETS, 1));
        assert_false(users_admit(&u, i * USER_BUCKETS, 1));
    }
    users_leave(&u, USER_BUCKETS); /* the one in the middle */
    assert_int_equal(users_count(&u, 0), 1);
    assert_int_equal(users_count(&u, USER_BUCKETS), 0);
    assert_int_equal(users_count(&u, 2 * USER_BUCKETS), 1);
    users_leave(&u, 0);
    users_leave(&u, 2 * USER_BUCKETS);
}

static void
test_without_a_limit_one_counts_for_the_others(void **state)
{
    struct users u = {0};

    (void)state;
    assert_true(users_admit(&u, 7, 0));
    assert_true(users_admit(&u, 7, 0));
    assert_false(users_admit(&u, 7, 2));
    assert_true(users_admit(&u, 7, 3));
    for (int i = 0; i < 3; i++) {
        users_leave(&u, 7);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_place_is_given_once),
        cmocka_unit_test(test_users_of_one_bucket_are_told_apart),
        cmocka_unit_test(test_without_a_limit_one_counts_for_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
