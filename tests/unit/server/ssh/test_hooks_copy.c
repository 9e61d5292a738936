/* Copies arrive as they are, however source and target lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/ssh/hooks.h"

#define PAGE 4096
#define ROOM (16 * PAGE)

static uint8_t source[ROOM] __attribute__((aligned(PAGE)));
static uint8_t target[ROOM] __attribute__((aligned(PAGE)));

/* Was it cut?  volatile: the compiler is to call memcpy. */
static bool
copy(size_t to, size_t from, size_t size)
{
    unsigned long before = hooks_cut_copies();
    volatile size_t count = size;

    memset(target, 0, sizeof(target));
    assert_ptr_equal(memcpy(target + to, source + from, count), target + to);
    assert_memory_equal(target + to, source + from, size);
    for (size_t i = 0; i < ROOM; i++) {
        if (target[i] != 0 && (i < to || i >= to + size)) {
            fail_msg("byte %zu was written", i);
        }
    }
    return hooks_cut_copies() != before;
}

static int
fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROOM; i++) {
        source[i] = (uint8_t)(i % 251 + 1);
    }
    return 0;
}

static void
test_copies_that_lie_badly_are_cut(void **state)
{
    (void)state;
    assert_true(copy(1, 0, 32758));
    assert_true(copy(9, 0, PAGE));
    assert_true(copy(PAGE + 63, 40, 32805));
    assert_true(copy(3, PAGE - 1, 7 * PAGE)); /* across a page's end */
}

static void
test_others_are_not(void **state)
{
    (void)state;
    assert_false(copy(0, 0, 32758));
    assert_false(copy(0, 9, 32758));
    assert_false(copy(512, 0, 32758));
    assert_false(copy(9, 0, PAGE - 1));
    assert_false(copy(9, 0, 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_that_lie_badly_are_cut),
        cmocka_unit_test(test_others_are_not),
    };

    return cmocka_run_group_tests(tests, fill, NULL);
}
