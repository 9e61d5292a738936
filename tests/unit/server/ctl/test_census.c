/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "server/ctl/census.h"
#include "tests/unit/policy/fixture.h"

static void
assert_names(const struct name_set *set, const char *expected)
{
    struct printout out = {0};

    for (size_t i = 0; i < set->count; i++) {
        printout_add(&out, "%s ", set->list[i]);
    }
    assert_string_equal(out.text != NULL ? out.text : "", expected);
    printout_done(&out);
}

static void
test_all_that_is_named_is_counted(void **state)
{
    struct config c = config_text("AllowUsers alice@10.0.0.0/31 *@h.example\n"
                                  "PermitOpen a:1 [/run/x]:*\n"
                                  "PrivilegedPorts 80\n"
                                  "Match User bob,!carol LocalPort 22\n"
                                  "  GrantOpen *.b:5-6\n"
                                  "  GrantOpenPath /run/**\n"
                                  "  DenyGroups ops\n"
                                  "Match Group dba Host h?\n"
                                  "  ListenFrom localhost\n"
                                  "  DenyListen 7\n");
    struct census census = {0};

    (void)state;
    assert_int_equal(c.r, 0);
    census_take(&census, c.policy);
    assert_false(census_failed(&census));
    assert_names(&census.users, "bob carol alice ");
    assert_names(&census.groups, "dba ops ");
    assert_names(&census.hosts, "hx h.example ");
    assert_names(&census.addresses, "10.0.0.0 10.0.0.1 9.255.255.255 "
                                    "10.0.0.2 ");
    assert_names(&census.local_ports, "22 ");
    assert_names(&census.open_hosts, "a x.b ");
    assert_names(&census.open_ports, "1 2 5 6 4 7 ");
    assert_names(&census.open_paths, "/run/x /run/xx ");
    assert_names(&census.listen_ports, "80 79 81 7 6 8 ");
    assert_names(&census.sources, "127.0.0.1 ::1 ");
    census_done(&census);
    policy_free(c.policy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_is_named_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
