#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/interrupt.h"
#include "server/base/tcp_connect.h"

static struct sockaddr_in
listener(int backlog, int *ret)
{
    struct sockaddr_in sa = {.sin_family = AF_INET};
    socklen_t size = sizeof(sa);

    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *ret = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(*ret >= 0);
    assert_int_equal(bind(*ret, (struct sockaddr *)&sa, size), 0);
    assert_int_equal(listen(*ret, backlog), 0);
    assert_int_equal(getsockname(*ret, (struct sockaddr *)&sa, &size), 0);
    return sa;
}

static int
begin(int fd, const struct sockaddr_in *to)
{
    return tcp_connect_begin(fd, (const struct sockaddr *)to, sizeof(*to));
}

static int
new_socket(void)
{
    int fd = -1;

    assert_int_equal(tcp_connect_socket(AF_INET, &fd), 0);
    return fd;
}

static void
test_a_socket_is_ready_to_be_used(void **state)
{
    int fd = new_socket(), nodelay = 0;
    socklen_t size = sizeof(nodelay);

    (void)state;
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size);
    assert_int_equal(nodelay, 1);
    close(fd);
    fd = -1;
    assert_int_equal(tcp_connect_socket(-1, &fd), -EAFNOSUPPORT);
    assert_int_equal(fd, -1);
}

static void
test_this_machine_answers_at_once(void **state)
{
    int l = -1, fd = new_socket();
    struct sockaddr_in to = listener(1, &l);

    (void)state;
    assert_int_equal(begin(fd, &to), 0);
    assert_int_equal(tcp_connect_result(fd, 0), 0);
    assert_int_equal(begin(fd, &to), -EISCONN);
    close(fd);
    close(l);
    fd = new_socket();
    assert_int_equal(begin(fd, &to), -ECONNREFUSED);
    close(fd);
}

/* A listener whose queue is full says nothing; then it is gone. */
static void
test_what_is_waited_for_tells_by_its_socket(void **state)
{
    int l = -1, fillers[2] = {new_socket(), new_socket()}, fd = new_socket();
    struct sockaddr_in to = listener(0, &l);
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    (void)state;
    begin(fillers[0], &to);
    begin(fillers[1], &to);
    assert_int_equal(begin(fd, &to), -EINPROGRESS);
    assert_int_equal(begin(fd, &to), -EALREADY);
    close(l);
    assert_int_equal(poll(&poll_fd, 1, 20000), 1);
    assert_int_equal(tcp_connect_result(fd, -EBADF), -ECONNREFUSED);
    assert_int_equal(tcp_connect_result(fd, -EBADF), -EBADF);
    assert_int_equal(tcp_connect_result(-1, 0), -EBADF);
    close(fd);
    close(fillers[0]);
    close(fillers[1]);
}

/* One that somebody else made blocking, for who has asked for signals. */
static void
test_one_that_blocks_is_interrupted(void **state)
{
    int l = -1, fillers[2] = {new_socket(), new_socket()}, fd = new_socket();
    struct sockaddr_in to = listener(0, &l);

    (void)state;
    begin(fillers[0], &to);
    begin(fillers[1], &to);
    assert_int_equal(fd_set_nonblocking(fd, 0), 0);
    assert_int_equal(interrupt_start(20), 0);
    assert_int_equal(begin(fd, &to), -EINTR);
    interrupt_stop();
    close(l);
    close(fd);
    close(fillers[0]);
    close(fillers[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_socket_is_ready_to_be_used),
        cmocka_unit_test(test_this_machine_answers_at_once),
        cmocka_unit_test(test_what_is_waited_for_tells_by_its_socket),
        cmocka_unit_test(test_one_that_blocks_is_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
