#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "server/base/interrupt.h"

static void
test_a_call_that_blocks_is_interrupted_each_time(void **state)
{
    struct itimerval left;
    int ends[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(interrupt_start(20), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read(ends[0], &byte, 1), -1);
        assert_int_equal(errno, EINTR);
    }
    interrupt_stop();
    assert_int_equal(getitimer(ITIMER_REAL, &left), 0);
    assert_int_equal(left.it_value.tv_sec, 0);
    assert_int_equal(left.it_value.tv_usec, 0);
    interrupt_stop();
    close(ends[0]);
    close(ends[1]);
}

/* How waiting 100 ms for a byte that does not come ends: a negative errno. */
static int
wait_in_vain(void)
{
    const struct timeval most = {.tv_usec = 100000};
    int ends[2], r = 0;
    char byte;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)), 0);
    r = recv(ends[0], &byte, 1, 0) < 0 ? -errno : 0;
    close(ends[0]);
    close(ends[1]);
    return r;
}

static void
test_a_call_that_must_come_through_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(interrupt_start(20), 0);
    interrupt_pause();
    assert_int_equal(wait_in_vain(), -EAGAIN);
    interrupt_resume();
    assert_int_equal(wait_in_vain(), -EINTR);
    interrupt_stop();
    assert_int_equal(wait_in_vain(), -EAGAIN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_that_blocks_is_interrupted_each_time),
        cmocka_unit_test(test_a_call_that_must_come_through_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
