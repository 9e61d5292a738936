/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/ctl/people.h"

#include "policy/printout.h"
#include <stdio.h>

/* "user/group/from" by number, in order. */
static int
note_one(void *arg, const struct people_one *one)
{
    printout_add(arg, "%zu%zu%zu ", one->fact[PEOPLE_USER],
                 one->fact[PEOPLE_GROUP], one->fact[PEOPLE_FROM]);
    return 0;
}

static void
test_everybody_comes_once_and_the_plain_ones_first(void **state)
{
    struct census c = {0};
    struct printout said = {0};
    bool is_cut = true;

    (void)state;
    name_set_add(&c.users, "a");
    name_set_add(&c.groups, "g");
    name_set_add(&c.groups, "h");
    assert_int_equal(people_each(&c, note_one, &said, &is_cut), 0);
    assert_false(is_cut);
    assert_string_equal(said.text, "000 100 010 020 030 110 120 130 ");
    printout_done(&said);
    census_done(&c);
}

static void
test_one_of_the_people_has_the_facts(void **state)
{
    struct census c = {0};
    const struct people_one unnamed = {{0}};
    const struct people_one all = {{1, 3, 1, 0, 0, 1}};
    struct person p;

    (void)state;
    name_set_add(&c.users, "a");
    name_set_add(&c.groups, "g");
    name_set_add(&c.groups, "h");
    name_set_add(&c.addresses, "10.0.0.1");
    name_set_add(&c.local_ports, "22");
    people_person(&c, &unnamed, &p);
    assert_null(p.user);
    assert_int_equal(p.from.family, ADDRESS_V4); /* they come from somewhere */
    people_person(&c, &all, &p);
    assert_string_equal(p.user, "a");
    assert_int_equal(p.group_count, 2);
    assert_string_equal(p.from_text, "10.0.0.1");
    assert_int_equal(p.local_port, 22);
    census_done(&c);
}

static int
count_one(void *arg, const struct people_one *one)
{
    size_t *count = arg;

    (void)one;
    ++*count;
    return 0;
}

static void
test_a_crowd_is_cut(void **state)
{
    struct census c = {0};
    size_t count = 0;
    bool is_cut = false;
    char name[16];

    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        name_set_add(&c.users, name);
        name_set_add(&c.groups, name);
    }
    assert_int_equal(people_each(&c, count_one, &count, &is_cut), 0);
    assert_true(is_cut);
    assert_in_range(count, PEOPLE_MAX, PEOPLE_MAX + 1);
    census_done(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_comes_once_and_the_plain_ones_first),
        cmocka_unit_test(test_one_of_the_people_has_the_facts),
        cmocka_unit_test(test_a_crowd_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
