#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/tcp_connect.h"
#include "server/monitor/socket_stock.h"

#define NOW 5000U

static struct socket_stock stock;

static int
fresh(int family)
{
    int fd = -1;

    assert_int_equal(tcp_connect_socket(family, &fd), 0);
    return fd;
}

static int
put(int fd)
{
    return socket_stock_put(&stock, ADDRESS_V4, fd);
}

/* So many opens at NOW find nothing. */
static void
open_times(int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(socket_stock_take(&stock, ADDRESS_V4, NOW), -1);
    }
}

static void
assert_closed(int fd)
{
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(errno, EBADF);
}

static int
begin(void **state)
{
    (void)state;
    socket_stock_clear(&stock);
    memset(&stock, 0, sizeof(stock));
    return 0;
}

static void
test_a_few_opens_order_nothing(void **state)
{
    (void)state;
    open_times(STOCK_OPENS - 1);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), 0);
    /* Too late for the first window. */
    assert_int_equal(
        socket_stock_take(&stock, ADDRESS_V4, NOW + STOCK_WINDOW_MS), -1);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), 0);
}

static void
test_many_order_a_full_stock_once(void **state)
{
    (void)state;
    open_times(STOCK_OPENS);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), LIMIT_STOCK);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), 0);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V6), 0);
}

static void
test_half_of_it_is_ordered_again(void **state)
{
    (void)state;
    open_times(STOCK_OPENS);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), LIMIT_STOCK);
    for (int i = 0; i < LIMIT_STOCK; i++) {
        assert_int_equal(put(fresh(AF_INET)), 0);
    }
    for (int i = 0; i < LIMIT_STOCK / 2; i++) {
        assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), 0);
        close(socket_stock_take(&stock, ADDRESS_V4, NOW));
    }
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), LIMIT_STOCK / 2);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), 0);
}

static void
test_a_family_has_its_own(void **state)
{
    int fd = fresh(AF_INET);

    (void)state;
    open_times(STOCK_OPENS);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), LIMIT_STOCK);
    assert_int_equal(put(fd), 0);
    assert_int_equal(socket_stock_take(&stock, ADDRESS_V6, NOW), -1);
    assert_int_equal(socket_stock_take(&stock, ADDRESS_NONE, NOW), -1);
    assert_int_equal(socket_stock_take(&stock, ADDRESS_V4, NOW), fd);
    close(fd);
}

static void
test_what_was_not_ordered_is_a_breach(void **state)
{
    int fd = fresh(AF_INET);

    (void)state;
    assert_int_equal(put(fd), -EPROTO);
    assert_closed(fd);
    assert_int_equal(put(-1), -EPROTO);
    assert_int_equal(socket_stock_give_up(&stock, ADDRESS_V4), -EPROTO);
    assert_int_equal(socket_stock_give_up(&stock, ADDRESS_NONE), -EPROTO);
    open_times(STOCK_OPENS);
    socket_stock_order(&stock, ADDRESS_V4);
    fd = fresh(AF_INET);
    assert_int_equal(socket_stock_put(&stock, ADDRESS_NONE, fd), -EPROTO);
    assert_closed(fd);
}

static void
test_only_ordered_sockets_come(void **state)
{
    (void)state;
    open_times(STOCK_OPENS);
    socket_stock_order(&stock, ADDRESS_V4);
    for (int i = 0; i < LIMIT_STOCK; i++) {
        assert_int_equal(put(fresh(AF_INET)), 0);
    }
    assert_int_equal(put(fresh(AF_INET)), -EPROTO);
}

/* The kernel says so, whatever the message does. */
static void
test_another_kind_is_a_breach(void **state)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    open_times(STOCK_OPENS);
    socket_stock_order(&stock, ADDRESS_V4);
    assert_int_equal(put(fd), -EPROTO);
    assert_closed(fd);
    assert_int_equal(socket_stock_take(&stock, ADDRESS_V4, NOW), -1);
}

static void
test_a_shortage_leaves_it_smaller(void **state)
{
    int fd = fresh(AF_INET);

    (void)state;
    open_times(STOCK_OPENS);
    socket_stock_order(&stock, ADDRESS_V4);
    assert_int_equal(put(fd), 0);
    assert_int_equal(put(-1), 0);
    assert_int_equal(socket_stock_give_up(&stock, ADDRESS_V4), 0);
    assert_int_equal(socket_stock_take(&stock, ADDRESS_V4, NOW), fd);
    close(fd);
    /* As many opens as at first, before more are ordered. */
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), 0);
    open_times(STOCK_OPENS - 1);
    assert_int_equal(socket_stock_order(&stock, ADDRESS_V4), LIMIT_STOCK);
}

static void
test_idle_sockets_are_closed(void **state)
{
    int four = fresh(AF_INET), six = fresh(AF_INET);

    (void)state;
    open_times(STOCK_OPENS);
    socket_stock_order(&stock, ADDRESS_V4);
    assert_int_equal(put(four), 0);
    assert_int_equal(socket_stock_sweep(&stock, NOW + 1), STOCK_IDLE_MS - 1);
    assert_int_equal(socket_stock_sweep(&stock, NOW + STOCK_IDLE_MS), 0);
    assert_closed(four);
    assert_int_equal(put(six), 0); /* late, for the next sweep */
    assert_int_equal(socket_stock_sweep(&stock, NOW + STOCK_IDLE_MS), 0);
    assert_closed(six);
}

static void
test_without_the_dialer_nothing_is_on_its_way(void **state)
{
    int fd = fresh(AF_INET);

    (void)state;
    open_times(STOCK_OPENS);
    socket_stock_order(&stock, ADDRESS_V4);
    assert_int_equal(put(fd), 0);
    socket_stock_clear(&stock);
    assert_closed(fd);
    assert_int_equal(put(fresh(AF_INET)), -EPROTO);
    assert_int_equal(socket_stock_take(&stock, ADDRESS_V4, NOW), -1);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, begin)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(test_a_few_opens_order_nothing),
        ROW(test_many_order_a_full_stock_once),
        ROW(test_half_of_it_is_ordered_again),
        ROW(test_a_family_has_its_own),
        ROW(test_what_was_not_ordered_is_a_breach),
        ROW(test_only_ordered_sockets_come),
        ROW(test_another_kind_is_a_breach),
        ROW(test_a_shortage_leaves_it_smaller),
        ROW(test_idle_sockets_are_closed),
        ROW(test_without_the_dialer_nothing_is_on_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
