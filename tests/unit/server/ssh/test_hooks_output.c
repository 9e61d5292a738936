/* When libssh's output waits; its calls to send(2) are wrapped, and so are
 * those of this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/limits.h"
#include "server/ssh/hooks.h"

static uint8_t block[2 * LIMIT_UNSENT_HELD];
static int ends[2];

static int
begin(void **state)
{
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    hooks_guard_output(ends[0]);
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    hooks_release_output();
    hooks_guard_output(-1);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* So many bytes have come out at the other end. */
static void
assert_arrived(ssize_t size)
{
    ssize_t n = recv(ends[1], block, sizeof(block), MSG_DONTWAIT);

    assert_int_equal(n < 0 && errno == EAGAIN ? 0 : n, size);
}

static void
test_what_is_not_held_goes_at_once(void **state)
{
    (void)state;
    assert_int_equal(send(ends[0], block, 1, 0), 1);
    assert_arrived(1);
    assert_int_equal(hooks_unsent(), 0);
}

/* libssh offers all of its buffer each time, and 0 means: later. */
static void
test_what_is_held_waits_until_it_is_enough(void **state)
{
    (void)state;
    hooks_hold_output();
    assert_int_equal(send(ends[0], block, 1, 0), 0);
    assert_int_equal(send(ends[0], block, LIMIT_UNSENT_HELD - 1, 0), 0);
    assert_int_equal(hooks_unsent(), LIMIT_UNSENT_HELD - 1);
    assert_true(hooks_holds_output());
    assert_arrived(0);
    assert_int_equal(send(ends[0], block, LIMIT_UNSENT_HELD, 0),
                     LIMIT_UNSENT_HELD);
    assert_arrived(LIMIT_UNSENT_HELD);
    assert_int_equal(hooks_unsent(), 0);
}

static void
test_what_is_released_goes(void **state)
{
    (void)state;
    hooks_hold_output();
    assert_int_equal(send(ends[0], block, 1000, 0), 0);
    hooks_release_output();
    assert_int_equal(send(ends[0], block, 1000, 0), 1000);
    assert_arrived(1000);
}

static void
test_other_sockets_are_not_held(void **state)
{
    (void)state;
    hooks_hold_output();
    assert_int_equal(send(ends[1], block, 1, 0), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_not_held_goes_at_once),
        TEST(test_what_is_held_waits_until_it_is_enough),
        TEST(test_what_is_released_goes),
        TEST(test_other_sockets_are_not_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
