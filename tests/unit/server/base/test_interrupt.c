#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_that_blocks_is_interrupted_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
