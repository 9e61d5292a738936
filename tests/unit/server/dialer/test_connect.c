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
#include "server/limits.h"
#include "tests/unit/server/dialer/loopback.h"

#define SOON 20U       /* milliseconds between two attempts */
#define NEVER 3600000U /* the next attempt is for another reason */

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

/* Dial, run to the end, and see that nothing is left behind. */
static struct seen
run_with_delay(const struct msg_connect *m, uint64_t delay_ms)
{
    int before = open_files();
    struct seen s = {.fd = -2};
    struct connect c;
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    connect_init(&c, &loop, delay_ms, report, &s);
    connect_start(&c, m);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(open_files(), before + (s.fd >= 0));
    assert_int_equal(c.count, 0);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.last.id, m->id);
    return s;
}

static struct seen
run(const struct msg_connect *m)
{
    return run_with_delay(m, NEVER);
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

static void
test_the_next_address_is_tried_after_the_delay(void **state)
{
    static const char *const three[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3",
                                        NULL};
    struct blackhole b = blackhole_new();
    int l = quiet_listener("127.0.0.2", b.port);
    int last = quiet_listener("127.0.0.3", b.port);
    struct msg_connect m = loopback_message(7, b.port, three);
    uint64_t start = uv_hrtime();
    struct seen s = run_with_delay(&m, SOON);

    (void)state;
    assert_true(uv_hrtime() - start >= (SOON - 1) * 1000000ULL);
    assert_int_equal(s.last.error, 0);
    assert_int_equal(s.last.index, 1);
    assert_unseen(last); /* the third's time did not come */
    close(s.fd);
    close(l);
    close(last);
    blackhole_end(&b);
}

static void
test_a_list_that_hangs_is_gone_through(void **state)
{
    static const char *const four[] = {"127.0.0.1", "127.0.0.1", "127.0.0.1",
                                       "127.0.0.2", NULL};
    struct blackhole b = blackhole_new();
    int l = quiet_listener("127.0.0.2", b.port);
    struct msg_connect m = loopback_message(7, b.port, four);
    uint64_t start = uv_hrtime();
    struct seen s = run_with_delay(&m, SOON);

    (void)state;
    assert_true(uv_hrtime() - start >= (3 * SOON - 3) * 1000000ULL);
    assert_int_equal(s.last.index, 3);
    close(s.fd);
    close(l);
    blackhole_end(&b);
}

static void
test_the_other_family_comes_next(void **state)
{
    static const char *const three[] = {"127.0.0.1", "127.0.0.2", "::1", NULL};
    struct blackhole b = blackhole_new();
    int other = quiet_listener("127.0.0.2", b.port), l;
    struct msg_connect m = loopback_message(7, b.port, three);
    struct seen s;

    (void)state;
    if (!loopback_has_v6()) {
        skip();
    }
    l = quiet_listener("::1", b.port);
    s = run_with_delay(&m, SOON);
    assert_int_equal(s.last.index, 2);
    assert_unseen(other);
    close(s.fd);
    close(l);
    close(other);
    blackhole_end(&b);
}

/* When a socket that nobody listens behind any more asks again, a second
 * later, it is refused. */
static void
test_a_late_failure_needs_no_delay(void **state)
{
    static const char *const two[] = {"127.0.0.1", "127.0.0.2", NULL};
    struct blackhole b = blackhole_new();
    int l = quiet_listener("127.0.0.2", b.port);
    struct msg_connect m = loopback_message(7, b.port, two);
    struct seen s = {.fd = -1};
    struct connect c;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    connect_init(&c, &loop, NEVER, report, &s);
    connect_start(&c, &m);
    assert_int_equal(s.calls, 0);
    blackhole_end(&b);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.last.error, 0);
    assert_int_equal(s.last.index, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
    close(s.fd);
    close(l);
}

/* What failed before says nothing as long as one attempt hangs. */
static void
test_one_that_hangs_keeps_the_dial_alive(void **state)
{
    static const char *const two[] = {"127.0.0.1", "127.0.0.2", NULL};
    struct blackhole b = blackhole_new();
    struct msg_connect m = loopback_message(7, b.port, two);
    struct seen s = {0};
    struct connect c;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    connect_init(&c, &loop, 0, report, &s); /* the second is refused */
    connect_start(&c, &m);
    uv_run(&loop, UV_RUN_NOWAIT);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(s.calls, 0);
    assert_int_equal(c.count, 1);
    blackhole_end(&b);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.last.error, -ECONNREFUSED);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void
test_a_cancelled_dial_closes_all_its_sockets(void **state)
{
    static const char *const three[] = {"127.0.0.1", "127.0.0.1", "127.0.0.1",
                                        NULL};
    struct blackhole b = blackhole_new();
    struct msg_connect m = loopback_message(7, b.port, three);
    struct seen s = {0};
    struct connect c;
    uv_loop_t loop;
    int before;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    before = open_files();
    connect_init(&c, &loop, 0, report, &s);
    connect_start(&c, &m);
    for (int i = 0; i < 3; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(open_files(), before + 3);
    connect_cancel(&c, 7);
    assert_int_equal(open_files(), before);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(s.calls, 0);
    blackhole_end(&b);
}

static void
test_a_cancelled_connect_reports_nothing(void **state)
{
    static const char *const here[] = {"127.0.0.1", NULL};
    int fillers[2];
    int l = loopback_hang(fillers);
    struct msg_connect m = loopback_message(7, loopback_port(l), here);
    struct seen s = {0};
    struct connect c;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    connect_init(&c, &loop, NEVER, report, &s);
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
    int l = loopback_hang(fillers);
    struct msg_connect m = loopback_message(7, loopback_port(l), here);
    struct seen s = {0};
    struct connect c;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    connect_init(&c, &loop, NEVER, report, &s);
    for (int i = 0; i < LIMIT_DIALS; i++) {
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

/* What libuv opens once. */
static int
warm_up(void **state)
{
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connected_socket_is_handed_over),
        cmocka_unit_test(test_the_next_address_is_tried_after_a_refusal),
        cmocka_unit_test(test_the_last_error_is_reported),
        cmocka_unit_test(test_the_next_address_is_tried_after_the_delay),
        cmocka_unit_test(test_a_list_that_hangs_is_gone_through),
        cmocka_unit_test(test_the_other_family_comes_next),
        cmocka_unit_test(test_a_late_failure_needs_no_delay),
        cmocka_unit_test(test_one_that_hangs_keeps_the_dial_alive),
        cmocka_unit_test(test_a_cancelled_dial_closes_all_its_sockets),
        cmocka_unit_test(test_a_cancelled_connect_reports_nothing),
        cmocka_unit_test(test_connects_under_way_have_a_ceiling),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
