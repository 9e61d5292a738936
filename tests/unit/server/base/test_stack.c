/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/base/stack.h"

/* More than libssh's recursion over a read of the smallest packets. */
#define DEEP ((size_t)800 << 10)

/* Use this much of the stack; an address near its end, as a number. */
static __attribute__((noinline)) uintptr_t
go_deep(void)
{
    volatile char used[DEEP];

    for (size_t i = 0; i < sizeof(used); i++) {
        used[i] = 'x';
    }
    return used[0] == 'x' ? (uintptr_t)used + sizeof(used) / 16 : 0;
}

static bool
is_resident(uintptr_t where)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char got = 0;

    assert_int_equal(mincore((void *)(where - where % page), page, &got), 0);
    return (got & 1) != 0;
}

static void
test_what_ended_calls_have_used_is_given_back(void **state)
{
    uintptr_t where = go_deep();

    (void)state;
    assert_true(is_resident(where));
    stack_release();
    assert_false(is_resident(where));
}

static void
test_what_is_in_use_stays(void **state)
{
    char mine[16384];

    (void)state;
    memset(mine, 'm', sizeof(mine));
    stack_release();
    for (size_t i = 0; i < sizeof(mine); i++) {
        assert_int_equal(mine[i], 'm');
    }
}

static void
test_a_released_stack_can_be_used_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        stack_release();
        assert_true(is_resident(go_deep()));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_ended_calls_have_used_is_given_back),
        cmocka_unit_test(test_what_is_in_use_stays),
        cmocka_unit_test(test_a_released_stack_can_be_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
