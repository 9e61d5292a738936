#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <uv.h>

#include "server/dialer/connect.h"
#include "server/dialer/limits.h"
#include "tests/unit/server/dialer/loopback.h"

struct seen {
    int calls;
    struct msg_connected last;
    int fd;
};

static void
report(void *arg, const struct msg_connected *m, int fd)
{
    struct seen *s = arg;

    s->calls++;
    s->last = *m;
    s->fd = fd;
}

/* Dial, run to the end, and see that no handle is left behind. */
static struct seen
run(const struct msg_connect *m)
{
    struct seen s = {.fd = -2};
    struct connect c;
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    connect_init(&c, &loop, report, &s);
    connect_start(&c, m);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(c.count, 0);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.last.id, m->id);
    return s;
}

static uint16_t
unused_port(void)
{
    int l = loopback_listen("127.0.0.1", 1);
    uint16_t port = loopback_port(l);

    close(l);
    return port;
}

static void
test_a_connected_socket_is_handed_over(void **state)
{
    static const char *const here[] = {"127.0.0.1", NULL};
    int l = loopback_listen("127.0.0.1", 8);
    struct msg_connect m = loopback_message(7, loopback_port(l), here);
    struct seen s = run(&m);
    int nodelay = 0;
    socklen_t size = sizeof(nodelay);

    (void)state;
    assert_int_equal(s.last.error, 0);
    assert_int_equal(s.last.index, 0);
    assert_true(s.fd >= 0);
    assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
    assert_true((fcntl(s.fd, F_GETFL) & O_NONBLOCK) != 0);
    getsockopt(s.fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size);
    assert_int_equal(nodelay, 1);
    close(s.fd);
    close(l);
}

static void
test_the_next_address_is_tried_after_a_refusal(void **state)
{
    static const char *const three[] = {"127.0.0.2", "::1", "127.0.0.1", NULL};
    int l = loopback_listen("127.0.0.1", 8);
    struct msg_connect m = loopback_message(7, loopback_port(l), three);
    struct seen s = run(&m);

    (void)state;
    assert_int_equal(s.last.error, 0);
    assert_int_equal(s.last.index, 2);
    close(s.fd);
    close(l);
}

static void
test_the_last_error_is_reported(void **state)
{
    static const char *const two[] = {"127.0.0.1", "127.0.0.2", NULL};
    static const char *const none[] = {NULL};
    static const char *const broadcast[] = {"255.255.255.255", NULL};
    struct msg_connect m = loopback_message(7, unused_port(), two);
    struct seen s = run(&m);

    (void)state;
    assert_int_equal(s.last.error, -ECONNREFUSED);
    assert_int_equal(s.fd, -1);

    m = loopback_message(8, 1, none);
    assert_int_equal(run(&m).last.error, -EADDRNOTAVAIL);

    m = loopback_message(9, 1, broadcast);
    assert_true(run(&m).last.error < 0);

    m = loopback_message(10, 1, two);
    m.addresses.list[1].family = 99;
    assert_int_equal(run(&m).last.error, -EBADMSG);
}

/* A listener whose queue is full lets later connects hang. */
static int
hanging_listener(int fillers[2])
{
    int l = loopback_listen("127.0.0.1", 0);

    for (int i = 0; i < 2; i++) {
        fillers[i] = loopback_connect("127.0.0.1", loopback_port(l));
    }
    return l;
}

static void
test_a_cancelled_connect_reports_nothing(void **state)
{
    static const char *const here[] = {"127.0.0.1", NULL};
    int fillers[2];
    int l = hanging_listener(fillers);
    struct msg_connect m = loopback_message(7, loopback_port(l), here);
    struct seen s = {0};
    struct connect c;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    connect_init(&c, &loop, report, &s);
    connect_start(&c, &m);
    m.id = 8;
    connect_start(&c, &m);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(c.count, 2);
    connect_cancel(&c, 99);
    connect_cancel(&c, 7);
    connect_cancel(&c, 7);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(c.count, 1);
    connect_done(&c);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(c.count, 0);
    assert_int_equal(s.calls, 0);
    close(l);
    close(fillers[0]);
    close(fillers[1]);
}

static void
test_connects_under_way_have_a_ceiling(void **state)
{
    static const char *const here[] = {"127.0.0.1", NULL};
    int fillers[2];
    int l = hanging_listener(fillers);
    struct msg_connect m = loopback_message(7, loopback_port(l), here);
    struct seen s = {0};
    struct connect c;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    connect_init(&c, &loop, report, &s);
    for (int i = 0; i < DIALS_MAX; i++) {
        connect_start(&c, &m);
    }
    assert_int_equal(s.calls, 0);
    connect_start(&c, &m);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.last.error, -EAGAIN);
    connect_done(&c);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    close(l);
    close(fillers[0]);
    close(fillers[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connected_socket_is_handed_over),
        cmocka_unit_test(test_the_next_address_is_tried_after_a_refusal),
        cmocka_unit_test(test_the_last_error_is_reported),
        cmocka_unit_test(test_a_cancelled_connect_reports_nothing),
        cmocka_unit_test(test_connects_under_way_have_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
