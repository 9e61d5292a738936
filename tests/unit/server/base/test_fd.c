#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/fd.h"

static void
test_closing_forgets_the_number_and_keeps_errno(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int was = fd;

    (void)state;
    errno = ERANGE;
    fd_close(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(errno, ERANGE);
    assert_int_equal(fcntl(was, F_GETFD), -1);
    fd_close(&fd);
    assert_int_equal(fd, -1);
}

static void
test_flags_are_switched_one_by_one(void **state)
{
    int fd = open("/dev/null", O_RDONLY);

    (void)state;
    assert_int_equal(fd_set_nonblocking(fd, 1), 0);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_int_equal(fd_set_nonblocking(fd, 0), 0);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(fd, F_GETFD), 0);
    assert_int_equal(fd_set_cloexec(fd), 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    fd_close(&fd);
    assert_int_equal(fd_set_nonblocking(-1, 1), -EBADF);
    assert_int_equal(fd_set_cloexec(-1), -EBADF);
}

static int
closes_from(int first)
{
    int low = fcntl(STDIN_FILENO, F_DUPFD, first - 1);
    int high = fcntl(STDIN_FILENO, F_DUPFD, first);

    return low == first - 1 && high == first && fd_close_from(first) == 0 &&
           fcntl(low, F_GETFD) == 0 && fcntl(high, F_GETFD) < 0;
}

static void
test_everything_above_a_number_is_closed(void **state)
{
    int status = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(closes_from(100) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void
test_socket_options_are_numbers(void **state)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_int_equal(fd_socket_option(fd, SO_TYPE), SOCK_DGRAM);
    assert_int_equal(fd_socket_option(fd, SO_DOMAIN), AF_INET);
    assert_int_equal(fd_socket_option(fd, SO_ACCEPTCONN), 0);
    close(fd);
    assert_int_equal(fd_socket_option(STDIN_FILENO, 12345), -1);
    assert_int_equal(fd_socket_option(-1, SO_TYPE), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closing_forgets_the_number_and_keeps_errno),
        cmocka_unit_test(test_flags_are_switched_one_by_one),
        cmocka_unit_test(test_everything_above_a_number_is_closed),
        cmocka_unit_test(test_socket_options_are_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
