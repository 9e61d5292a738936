/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "server/ctl/person.h"

static void
test_facts_become_an_identity(void **state)
{
    struct person p;
    struct identity who;
    struct diag err = {0};

    (void)state;
    person_init(&p);
    who = person_identity(&p);
    assert_string_equal(who.user, PERSON_UNNAMED);
    assert_string_equal(who.host, "UNKNOWN");
    assert_true(who.test); /* what is not known makes a criterion false */
    assert_int_equal(person_set(&p, "user", "alice", &err), 0);
    assert_int_equal(person_set(&p, "from", "::ffff:10.1.2.3", &err), 0);
    assert_int_equal(person_set(&p, "group", "a", &err), 0);
    assert_int_equal(person_set(&p, "group", "b", &err), 0);
    assert_int_equal(person_set(&p, "local-address", "::1", &err), 0);
    assert_int_equal(person_set(&p, "local-port", "22", &err), 0);
    assert_int_equal(person_set(&p, "address", "0.0.0.0", &err), 0);
    who = person_identity(&p);
    assert_string_equal(who.user, "alice");
    assert_string_equal(who.host, "10.1.2.3"); /* as without UseDNS */
    assert_int_equal(who.address.family, ADDRESS_V4);
    assert_int_equal(who.group_count, 2);
    assert_string_equal(who.groups[1], "b");
    assert_int_equal(who.local_address.family, ADDRESS_V6);
    assert_int_equal(who.local_port, 22);
    assert_true(address_is_wildcard(&p.addresses[0]));
    assert_int_equal(person_set(&p, "host", "h.example", &err), 0);
    assert_string_equal(person_identity(&p).host, "h.example");
}

static void
test_what_cannot_be_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"user", ""},          {"from", "name"},        {"from", "10.1"},
        {"local-port", "0"},   {"local-port", "65536"}, {"address", "x"},
        {"local-address", ""}, {"colour", "red"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct person p;
        struct diag err = {0};

        person_init(&p);
        assert_true(person_set(&p, rows[i][0], rows[i][1], &err) < 0);
        assert_ptr_equal(strstr(err.text, rows[i][0]), err.text);
    }
}

static void
test_only_lists_may_be_given_again(void **state)
{
    struct person p;
    struct diag err = {0};
    int r = 0;

    (void)state;
    person_init(&p);
    assert_int_equal(person_set(&p, "host", "h", &err), 0);
    assert_true(person_set(&p, "host", "h", &err) < 0);
    for (size_t i = 0; i <= PERSON_GROUP_MAX; i++) {
        assert_int_equal(r, 0);
        r = person_set(&p, "group", "g", &err);
    }
    assert_true(r < 0);
    assert_int_equal(p.group_count, PERSON_GROUP_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_become_an_identity),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_only_lists_may_be_given_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
