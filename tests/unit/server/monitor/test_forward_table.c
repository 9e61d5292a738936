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
    struct forward *b = forward_table_add(&t, 7 + FORWARD_BUCKETS, 257, "b");

    (void)state;
    assert_ptr_equal(forward_table_by_id(&t, 7), a);
    assert_ptr_equal(forward_table_by_id(&t, 7 + FORWARD_BUCKETS), b);
    assert_ptr_equal(forward_table_by_number(&t, 1), a);
    assert_ptr_equal(forward_table_by_number(&t, 257), b);
    assert_null(forward_table_by_id(&t, 1));
    forward_table_remove(&t, a);
    assert_null(forward_table_by_id(&t, 7));
    assert_null(forward_table_by_number(&t, 1));
    assert_ptr_equal(forward_table_by_number(&t, 257), b);
    forward_table_remove(&t, b);
    assert_int_equal(t.count, 0);
}

static void
test_there_is_a_ceiling(void **state)
{
    struct forward_table t = {0};
    size_t walked = 0;

    (void)state;
    for (uint32_t i = 0; i < FORWARDS_MAX; i++) {
        assert_non_null(forward_table_add(&t, i * 3, i + 1, "host"));
    }
    assert_null(forward_table_add(&t, 1, FORWARDS_MAX + 1, "host"));
    for (const struct forward *f = forward_table_next(&t, NULL); f != NULL;
         f = forward_table_next(&t, f)) {
        walked++;
    }
    assert_int_equal(walked, FORWARDS_MAX);
    while (t.count > 0) {
        forward_table_remove(&t, forward_table_next(&t, NULL));
    }
    assert_null(forward_table_next(&t, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_forward_is_found_by_both_names),
        cmocka_unit_test(test_there_is_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
