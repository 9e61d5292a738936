#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/arena.h"

static void
test_memory_is_zeroed_and_aligned(void **state)
{
    static const uint8_t zero[100];
    struct arena *arena = arena_new();

    (void)state;
    for (size_t size = 0; size < 100; size++) {
        void *p = arena_alloc(arena, size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        assert_memory_equal(p, zero, size);
        memset(p, 0xff, size);
    }
    arena_free(arena);
}

static void
test_pieces_do_not_overlap(void **state)
{
    struct arena *arena = arena_new();
    uint8_t *list[2000];

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        size_t size = i % 7 == 0 ? 20000 : i % 50;

        list[i] = arena_alloc(arena, size + 1);
        assert_non_null(list[i]);
        memset(list[i], (int)(i % 251), size + 1);
    }
    for (size_t i = 0; i < 2000; i++) {
        size_t size = i % 7 == 0 ? 20000 : i % 50;

        assert_int_equal(list[i][0], i % 251);
        assert_int_equal(list[i][size], i % 251);
    }
    arena_free(arena);
}

static void
test_empty_pieces_differ(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_ptr_not_equal(arena_alloc(arena, 0), arena_alloc(arena, 0));
    arena_free(arena);
}

static void
test_text_is_copied_and_terminated(void **state)
{
    struct arena *arena = arena_new();
    char source[] = "alice and bob";
    char *copy = arena_text(arena, source, 5);

    (void)state;
    source[0] = 'X';
    assert_string_equal(copy, "alice");
    assert_string_equal(arena_text(arena, NULL, 0), "");
    arena_free(arena);
}

static void
test_used_counts_what_was_handed_out(void **state)
{
    struct arena *arena = arena_new();
    size_t before = 0;

    (void)state;
    assert_int_equal(arena_used(arena), 0);
    arena_alloc(arena, 1000);
    before = arena_used(arena);
    assert_true(before >= 1000 && before < 1100);
    arena_alloc(arena, 1);
    assert_true(arena_used(arena) > before);
    arena_free(arena);
}

static void
test_the_ceiling_holds(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_null(arena_alloc(arena, SIZE_MAX - 7));
    assert_null(arena_alloc(arena, ARENA_BYTES_MAX + 1));
    assert_null(arena_text(arena, "", ARENA_BYTES_MAX));
    assert_non_null(arena_alloc(arena, 64));
    assert_null(arena_alloc(arena, ARENA_BYTES_MAX - 63));
    assert_int_equal(arena_used(arena), 64);
    arena_free(arena);
}

static void
test_nothing_can_be_freed(void **state)
{
    (void)state;
    arena_free(NULL);
    arena_free(arena_new());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_pieces_do_not_overlap),
        cmocka_unit_test(test_empty_pieces_differ),
        cmocka_unit_test(test_text_is_copied_and_terminated),
        cmocka_unit_test(test_used_counts_what_was_handed_out),
        cmocka_unit_test(test_the_ceiling_holds),
        cmocka_unit_test(test_nothing_can_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
