/* The padding of packets comes from a pool, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "server/ssh/hooks.h"

#define PIECES 1000 /* many times what the pool holds */
#define PIECE 16

int __wrap_ssh_get_random(void *, int, int);

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, PIECE);
}

/* The odd one in front lets no piece end where the pool does. */
static void
test_nothing_is_handed_out_twice(void **state)
{
    static uint8_t pieces[PIECES][PIECE];
    uint8_t odd[7];

    (void)state;
    hooks_pool_random(true);
    assert_int_equal(__wrap_ssh_get_random(odd, sizeof(odd), 0), 1);
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(__wrap_ssh_get_random(pieces[i], PIECE, 0), 1);
    }
    hooks_pool_random(false);
    qsort(pieces, PIECES, PIECE, compare);
    for (int i = 1; i < PIECES; i++) {
        assert_int_not_equal(compare(pieces[i - 1], pieces[i]), 0);
    }
    assert_int_equal(hooks_count(HOOK_RANDOM), PIECES + 1);
}

static void
test_keys_are_not_made_of_it(void **state)
{
    unsigned long before = hooks_count(HOOK_RANDOM);
    static const uint8_t zeros[32];
    uint8_t key[32] = {0};

    (void)state;
    assert_int_equal(__wrap_ssh_get_random(key, sizeof(key), 0), 1);
    assert_memory_not_equal(key, zeros, sizeof(key));
    memset(key, 0, sizeof(key));
    hooks_pool_random(true);
    assert_int_equal(__wrap_ssh_get_random(key, sizeof(key), 1), 1);
    hooks_pool_random(false);
    assert_memory_not_equal(key, zeros, sizeof(key));
    assert_int_equal(hooks_count(HOOK_RANDOM), before);
}

static void
test_more_than_it_holds_is_had_all_the_same(void **state)
{
    static uint8_t many[4096];
    static const uint8_t zeros[16];

    (void)state;
    hooks_pool_random(true);
    assert_int_equal(__wrap_ssh_get_random(many, sizeof(many), 0), 1);
    hooks_pool_random(false);
    assert_memory_not_equal(many + sizeof(many) - sizeof(zeros), zeros,
                            sizeof(zeros));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_handed_out_twice),
        cmocka_unit_test(test_keys_are_not_made_of_it),
        cmocka_unit_test(test_more_than_it_holds_is_had_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
