#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/resource.h>

#include "server/base/file_limit.h"
#include "server/base/shortage.h"

static struct rlimit
now(void)
{
    struct rlimit limit = {0};

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit;
}

static int
lower(void **state)
{
    const struct rlimit few = {.rlim_cur = 100, .rlim_max = 200};

    (void)state;
    return setrlimit(RLIMIT_NOFILE, &few);
}

static void
test_the_soft_limit_is_raised_as_far_as_can_be(void **state)
{
    (void)state;
    assert_int_equal(file_limit_hard(), 200);
    assert_int_equal(file_limit_raise(50), 0);
    assert_int_equal(now().rlim_cur, 100);
    assert_int_equal(file_limit_raise(150), 0);
    assert_int_equal(now().rlim_cur, 150);
    assert_int_equal(file_limit_raise(5000), 0);
    assert_int_equal(now().rlim_cur, 200);
    assert_int_equal(now().rlim_max, 200);
}

static void
test_a_limit_is_fixed_for_good(void **state)
{
    (void)state;
    assert_int_equal(file_limit_fix(5000), 0);
    assert_int_equal(now().rlim_cur, 200);
    assert_int_equal(file_limit_fix(60), 0);
    assert_int_equal(now().rlim_cur, 60);
    assert_int_equal(file_limit_hard(), 60);
}

static void
test_what_is_a_shortage(void **state)
{
    static const int yes[] = {-EMFILE, -ENFILE, -ENOMEM, -ENOBUFS,
                              -ETOOMANYREFS};
    static const int no[] = {0, EMFILE, -EAGAIN, -ECONNREFUSED};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_true(shortage_is(yes[i]));
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_false(shortage_is(no[i]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_soft_limit_is_raised_as_far_as_can_be),
        cmocka_unit_test(test_a_limit_is_fixed_for_good),
        cmocka_unit_test(test_what_is_a_shortage),
    };
    return cmocka_run_group_tests(tests, lower, NULL);
}
