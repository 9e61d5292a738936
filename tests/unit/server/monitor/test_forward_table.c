#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/monitor/forward_table.h"

static void
test_a_forward_is_found_by_both_names(void **state)
{
    struct forward_table t = {0};
    struct forward *a = forward_table_add(&t, 7, 1, "a");
    struct forward *b = forward_table_add(&t, 7 + 64, 1 + 64, "b");

    (void)state;
    assert_ptr_equal(forward_table_by_id(&t, 7), a);
    assert_ptr_equal(forward_table_by_id(&t, 7 + 64), b);
    assert_ptr_equal(forward_table_by_number(&t, 1), a);
    assert_ptr_equal(forward_table_by_number(&t, 1 + 64), b);
    assert_null(forward_table_by_id(&t, 1));
    forward_table_remove(&t, a);
    assert_null(forward_table_by_id(&t, 7));
    assert_null(forward_table_by_number(&t, 1));
    assert_ptr_equal(forward_table_by_number(&t, 1 + 64), b);
    forward_table_remove(&t, b);
    assert_int_equal(t.count, 0);
    forward_table_done(&t);
}

static void
test_an_empty_table_has_nothing(void **state)
{
    struct forward_table t = {0};

    (void)state;
    assert_null(forward_table_by_id(&t, 0));
    assert_null(forward_table_by_number(&t, 1));
    forward_table_done(&t);
}

static void
test_the_list_is_in_order(void **state)
{
    struct forward_table t = {0};
    uint32_t number = 1;

    (void)state;
    for (uint32_t i = 1; i <= 5; i++) {
        forward_table_add(&t, i, i, "host");
    }
    forward_table_remove(&t, forward_table_by_number(&t, 3));
    forward_table_remove(&t, forward_table_by_number(&t, 1));
    forward_table_remove(&t, forward_table_by_number(&t, 5));
    for (const struct forward *f = t.first; f != NULL; f = f->next) {
        number *= f->number;
        assert_true(f->next == NULL || f->next->previous == f);
    }
    assert_int_equal(number, 2 * 4);
    assert_int_equal(t.last->number, 4);
    forward_table_done(&t);
}

/* Chains stay short however many there are: no time to speak of. */
static void
test_there_is_a_ceiling(void **state)
{
    struct forward_table t = {0};

    (void)state;
    for (uint32_t i = 0; i < LIMIT_FORWARDS; i++) {
        assert_non_null(forward_table_add(&t, i * 3, i + 1, "host"));
    }
    assert_null(forward_table_add(&t, 1, LIMIT_FORWARDS + 1, "host"));
    assert_int_equal(t.count, LIMIT_FORWARDS);
    assert_true(t.buckets >= LIMIT_FORWARDS);
    for (uint32_t i = 0; i < LIMIT_FORWARDS; i++) {
        assert_int_equal(forward_table_by_id(&t, i * 3)->number, i + 1);
        assert_int_equal(forward_table_by_number(&t, i + 1)->id, i * 3);
    }
    forward_table_done(&t);
    assert_null(t.first);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_forward_is_found_by_both_names),
        cmocka_unit_test(test_an_empty_table_has_nothing),
        cmocka_unit_test(test_the_list_is_in_order),
        cmocka_unit_test(test_there_is_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
