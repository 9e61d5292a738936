/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <pwd.h>

#include "server/config/group_names.h"

static void
test_the_primary_group_comes_first(void **state)
{
    const struct passwd *account = getpwuid(0);
    struct group_names g = {0};

    (void)state;
    assert_non_null(account);
    assert_int_equal(group_names_find(account->pw_name, &g), 0);
    assert_true(g.count > 0);
    assert_string_equal(g.list[0], "root");
    group_names_done(&g);
    group_names_done(&g);
}

static void
test_nobody_has_no_groups(void **state)
{
    struct group_names g = {0};

    (void)state;
    assert_int_equal(group_names_find(NULL, &g), 0);
    assert_int_equal(group_names_find("no such user", &g), 0);
    assert_int_equal(g.count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_primary_group_comes_first),
        cmocka_unit_test(test_nobody_has_no_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
