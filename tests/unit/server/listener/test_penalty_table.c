/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>

#include "server/listener/penalty_table.h"

#define SOURCES 3000

static struct address
numbered(uint32_t number)
{
    return (struct address){
        .family = ADDRESS_V4,
        .bytes = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                  (uint8_t)number},
    };
}

/* A fixed sequence without a pattern that would suit the heap. */
static uint32_t
next_number(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void
is_sound(const struct penalty_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        assert_int_equal(t->heap[i]->place, i);
        assert_true(i == 0 ||
                    t->heap[(i - 1) / 2]->expiry_us <= t->heap[i]->expiry_us);
        assert_ptr_equal(penalty_table_find(t, &t->heap[i]->source),
                         t->heap[i]);
    }
}

static void
test_sources_leave_in_the_order_of_their_expiry(void **state)
{
    struct penalty_table t = {0};
    uint32_t seed = 1;
    uint64_t last = 0;

    (void)state;
    for (uint32_t i = 0; i < SOURCES; i++) {
        struct address source = numbered(i);

        assert_null(penalty_table_find(&t, &source));
        assert_non_null(
            penalty_table_add(&t, &source, next_number(&seed) % 1000));
    }
    is_sound(&t);
    for (uint32_t i = 0; i < SOURCES; i++) {
        struct address source = numbered(next_number(&seed) % SOURCES);

        penalty_table_move(&t, penalty_table_find(&t, &source),
                           next_number(&seed) % 1000);
    }
    is_sound(&t);
    for (size_t left = SOURCES; left > 0; left--) {
        const struct penalty *first = penalty_table_first(&t);
        struct address source = first->source;

        assert_int_equal(t.count, left);
        assert_true(first->expiry_us >= last);
        last = first->expiry_us;
        penalty_table_drop_first(&t);
        assert_null(penalty_table_find(&t, &source));
        if (left % 500 == 0) {
            is_sound(&t);
        }
    }
    assert_null(penalty_table_first(&t));
    penalty_table_clear(&t);
}

static void
test_scopes_make_different_sources(void **state)
{
    struct address here = {ADDRESS_V6, {0xfe, 0x80, [15] = 1}, 1};
    struct address there = {ADDRESS_V6, {0xfe, 0x80, [15] = 1}, 2};
    struct penalty_table t = {0};

    (void)state;
    assert_non_null(penalty_table_add(&t, &here, 1));
    assert_null(penalty_table_find(&t, &there));
    assert_non_null(penalty_table_add(&t, &there, 2));
    assert_int_equal(penalty_table_find(&t, &there)->expiry_us, 2);
    penalty_table_clear(&t);
    assert_null(penalty_table_find(&t, &here));
    assert_int_equal(t.count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources_leave_in_the_order_of_their_expiry),
        cmocka_unit_test(test_scopes_make_different_sources),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
