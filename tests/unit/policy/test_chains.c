#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/chains.h"

#define PLACES 1000

static uint64_t
hash_of(uint32_t number)
{
    return chains_mix(CHAINS_HASH_START, &number, sizeof(number));
}

static void
test_places_of_one_hash_ascend(void **state)
{
    struct arena *arena = arena_new();
    struct chains *chains = chains_new(arena, PLACES);

    (void)state;
    for (size_t i = PLACES; i > 0; i--) {
        chains_add(chains, hash_of((uint32_t)(i - 1) % 10), i - 1);
    }
    for (uint32_t first = 0; first < 10; first++) {
        size_t place = chains_first(chains, hash_of(first));

        for (size_t i = first; i < PLACES; i += 10) {
            assert_int_equal(place, i);
            place = chains_next(chains, hash_of(first), place);
        }
        assert_true(place == CHAINS_END);
    }
    arena_free(arena);
}

/* As many chains as places: most of them lead to somebody else's. */
static void
test_a_key_that_is_not_there_finds_no_place(void **state)
{
    struct arena *arena = arena_new();
    struct chains *chains = chains_new(arena, PLACES);

    (void)state;
    for (size_t i = PLACES; i > 0; i--) {
        chains_add(chains, hash_of((uint32_t)i - 1), i - 1);
    }
    for (uint32_t other = PLACES; other < 10 * PLACES; other++) {
        assert_true(chains_first(chains, hash_of(other)) == CHAINS_END);
    }
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_of_one_hash_ascend),
        cmocka_unit_test(test_a_key_that_is_not_there_finds_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
