#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "server/base/fd.h"
#include "server/base/tcp_connect.h"
#include "server/log/log.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/forward.h"
#include "server/monitor/forward_dial.h"
#include "server/monitor/forward_open.h"
#include "tests/unit/server/dialer/loopback.h"

/*
 * The monitor's part alone: this test is the session, the dialer, which may
 * be a hostile one, and the rest of the connection.
 */

static struct {
    int connects, orders, cancels; /* for the dialer */
    uint32_t ordered;
    int opened, refused; /* for the session */
    int fd;
    uint32_t reason;
    char text[100];
    int breaches;
} seen;

static struct connection c;
static uint32_t last_number;
static int files_before;

int
dialer_send(struct dialer *d, enum msg_type type, const void *body)
{
    (void)d;
    (void)body;
    assert_int_equal(type, MSG_CONNECT);
    seen.connects++;
    return 0;
}

int
dialer_tell(struct dialer *d, enum msg_type type, const void *body)
{
    (void)d;
    if (type == MSG_STOCK) {
        seen.orders++;
        seen.ordered = ((const struct msg_stock *)body)->count;
    } else {
        assert_int_equal(type, MSG_CANCEL);
        seen.cancels++;
    }
    return 0;
}

void
connection_send(struct connection *to, enum msg_type type, const void *body,
                int fd)
{
    const struct msg_refused *refused = body;

    (void)to;
    if (type == MSG_OPENED) {
        seen.opened++;
        fd_close(&seen.fd);
        seen.fd = fd;
        return;
    }
    assert_int_equal(type, MSG_OPEN_REFUSED);
    seen.refused++;
    seen.reason = refused->reason;
    snprintf(seen.text, sizeof(seen.text), "%s", refused->text);
}

void
connection_breach(struct connection *of, const char *what)
{
    (void)of;
    (void)what;
    seen.breaches++;
}

struct words_who
connection_who(const struct connection *of)
{
    (void)of;
    return (struct words_who){.user = "alice", .ip = "192.0.2.1"};
}

uint32_t
connection_number(struct connection *of)
{
    (void)of;
    return ++last_number;
}

/* The kernel's, unless a test wants an error of it. */
static int connect_error;

int
connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t size)
{
    if (connect_error != 0) {
        errno = connect_error;
        return -1;
    }
    return (int)syscall(SYS_connect, fd, to.__sockaddr__, size);
}

static int
begin(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof(seen));
    memset(&c, 0, sizeof(c));
    seen.fd = -1;
    connect_error = 0;
    files_before = open_files();
    assert_int_equal(uv_loop_init(&c.loop), 0);
    assert_int_equal(forwards_new(&c), 0);
    c.state = CONNECTION_READY;
    return 0;
}

static void
on_walk(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

/* All is over, and nothing is left. */
static int
end(void **state)
{
    (void)state;
    forwards_end(&c);
    forward_dials_lost_dialer(&c);
    uv_walk(&c.loop, on_walk, NULL);
    uv_run(&c.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c.loop), 0);
    forwards_free(&c);
    fd_close(&seen.fd);
    assert_int_equal(open_files(), files_before);
    return 0;
}

/* A forward to this port, whose candidate was decided on. */
static struct forward *
dial(uint16_t port)
{
    struct forward *f =
        forward_add(&c, last_number + 1, connection_number(&c), "127.0.0.1");

    assert_non_null(f);
    f->port = port;
    f->candidates = calloc(1, sizeof(*f->candidates));
    f->candidate_count = 1;
    assert_int_equal(address_parse("127.0.0.1", &f->candidates[0].address), 0);
    forward_dial(&c, f);
    return f;
}

/* The dialer's answer; fd is taken. */
static void
hand_in(int fd, int error)
{
    const struct msg_socket m = {.family = ADDRESS_V4, .error = error};

    forward_dial_socket(&c, &m, &fd);
    fd_close(&fd);
}

static int
fresh(void)
{
    int fd = -1;

    assert_int_equal(tcp_connect_socket(AF_INET, &fd), 0);
    return fd;
}

/* Opens that go by the dialer until it is asked for sockets. */
static void
order(void)
{
    for (int i = 0; i < STOCK_OPENS; i++) {
        assert_int_equal(seen.orders, 0);
        dial(1);
    }
    assert_int_equal(seen.connects, STOCK_OPENS);
    assert_int_equal(seen.orders, 1);
    assert_int_equal(seen.ordered, LIMIT_STOCK);
}

static void
test_a_socket_of_the_stock_is_connected(void **state)
{
    int l = loopback_listen("127.0.0.1", 8), fd = fresh();

    (void)state;
    order();
    hand_in(fd, 0);
    dial(loopback_port(l));
    assert_int_equal(seen.connects, STOCK_OPENS);
    assert_int_equal(seen.opened, 1);
    assert_int_equal(seen.fd, fd);
    dial(loopback_port(l)); /* none is left */
    assert_int_equal(seen.connects, STOCK_OPENS + 1);
    close(l);
}

static void
test_several_addresses_are_the_dialers(void **state)
{
    struct forward *f = NULL;

    (void)state;
    order();
    hand_in(fresh(), 0);
    f = forward_add(&c, last_number + 1, connection_number(&c), "two");
    f->candidates = calloc(2, sizeof(*f->candidates));
    f->candidate_count = 2;
    forward_dial(&c, f);
    assert_int_equal(seen.connects, STOCK_OPENS + 1);
    assert_int_equal(seen.opened, 0);
}

static void
test_a_refusal_has_its_words(void **state)
{
    int l = loopback_listen("127.0.0.1", 8);
    uint16_t port = loopback_port(l);

    (void)state;
    close(l);
    order();
    hand_in(fresh(), 0);
    dial(port);
    assert_int_equal(seen.refused, 1);
    assert_int_equal(seen.reason, REFUSED_CONNECT_FAILED);
    assert_string_equal(seen.text, "Connection refused");
}

static void
test_what_does_not_answer_is_waited_for(void **state)
{
    struct blackhole d = blackhole_new();

    (void)state;
    order();
    hand_in(fresh(), 0);
    dial(d.port);
    uv_run(&c.loop, UV_RUN_NOWAIT);
    assert_int_equal(seen.opened + seen.refused, 0);
    blackhole_end(&d); /* the next SYN is refused */
    while (seen.refused == 0) {
        uv_run(&c.loop, UV_RUN_ONCE);
    }
    assert_string_equal(seen.text, "Connection refused");
}

static void
test_a_time_out_closes_its_socket(void **state)
{
    struct blackhole d = blackhole_new();
    struct forward *f = NULL;
    int files = 0;

    (void)state;
    order();
    files = open_files();
    hand_in(fresh(), 0);
    f = dial(d.port);
    uv_run(&c.loop, UV_RUN_NOWAIT);
    forward_time_out(&c, f, "too slow");
    assert_int_equal(seen.cancels, 0); /* the dialer knows nothing of it */
    assert_string_equal(seen.text, "Connection timed out");
    assert_int_equal(open_files(), files);
    blackhole_end(&d);
}

static void
test_a_lost_dialer_takes_the_stock_along(void **state)
{
    struct blackhole d = blackhole_new();
    struct forward *f = NULL;
    int files = 0;

    (void)state;
    order();
    files = open_files();
    hand_in(fresh(), 0);
    f = dial(d.port);
    hand_in(fresh(), 0);
    forward_dials_lost_dialer(&c);
    forwards_lost_dialer(&c);
    assert_int_equal(seen.refused, STOCK_OPENS);
    assert_int_equal(open_files(), files + 1); /* that of the dial goes on */
    assert_int_equal(f->state, FORWARD_CONNECTING);
    hand_in(fresh(), 0); /* of a new dialer that nobody has asked */
    assert_int_equal(seen.breaches, 1);
    blackhole_end(&d);
}

static void
test_dials_have_a_ceiling(void **state)
{
    struct blackhole d = blackhole_new();
    int connects = 0;

    (void)state;
    order();
    for (int i = 0; i < LIMIT_STOCK_DIALS; i++) {
        hand_in(fresh(), 0);
        dial(d.port);
        connects = seen.connects;
    }
    hand_in(fresh(), 0);
    dial(d.port);
    assert_int_equal(seen.connects, connects + 1); /* the dialer's to refuse */
    forward_time_out(&c, c.forwards->last->previous, "too slow");
    dial(d.port);
    assert_int_equal(seen.connects, connects + 1);
    blackhole_end(&d);
}

static void
test_a_dialer_may_have_none(void **state)
{
    (void)state;
    order();
    hand_in(-1, -EMFILE);
    assert_int_equal(seen.breaches, 0);
    dial(1);
    assert_int_equal(seen.orders, 1);
    hand_in(-1, -EMFILE);
    assert_int_equal(seen.breaches, 1);
}

static void
test_a_hostile_dialer_sends_what_nobody_asked_for(void **state)
{
    (void)state;
    hand_in(fresh(), 0);
    assert_int_equal(seen.breaches, 1);
    order();
    hand_in(loopback_listen("127.0.0.1", 1), 0);
    assert_int_equal(seen.breaches, 2);
}

static void
test_a_hostile_dialer_connects_its_copy(void **state)
{
    int l = loopback_listen("127.0.0.1", 8), fd = fresh(), copy = dup(fd);
    struct sockaddr_storage sa;
    socklen_t size = loopback_sockaddr("127.0.0.1", loopback_port(l), &sa);

    (void)state;
    order();
    hand_in(fd, 0);
    assert_int_equal(tcp_connect_begin(copy, (struct sockaddr *)&sa, size), 0);
    dial(loopback_port(l));
    assert_int_equal(seen.opened, 0);
    assert_string_equal(seen.text, "Transport endpoint is already connected");
    close(copy);
    close(l);
}

static void
test_a_hostile_dialer_has_it_block(void **state)
{
    struct blackhole d = blackhole_new();
    int fd = fresh(), copy = dup(fd);

    (void)state;
    order();
    hand_in(fd, 0);
    assert_int_equal(fd_set_nonblocking(copy, 0), 0);
    dial(d.port); /* does not hang */
    assert_int_equal(seen.opened + seen.refused + seen.breaches, 0);
    close(copy);
    blackhole_end(&d);
}

/* He was quicker than the connect; only then a signal comes between. */
static void
test_a_connect_that_has_blocked_is_a_breach(void **state)
{
    int files = 0;

    (void)state;
    order();
    files = open_files();
    hand_in(fresh(), 0);
    connect_error = EINTR;
    dial(1);
    connect_error = 0;
    assert_int_equal(seen.breaches, 1);
    assert_int_equal(seen.opened + seen.refused, 0);
    assert_int_equal(open_files(), files);
}

/* For a forward that this process dials itself. */
static void
test_a_hostile_dialer_answers_in_our_place(void **state)
{
    struct blackhole d = blackhole_new();
    int l = loopback_listen("127.0.0.1", 8);
    int elsewhere = loopback_connect("127.0.0.1", loopback_port(l));
    struct msg_connected m = {0};

    (void)state;
    order();
    hand_in(fresh(), 0);
    m.id = dial(d.port)->number;
    forward_connected(&c, &m, &elsewhere);
    assert_int_equal(seen.opened, 0);
    assert_int_equal(seen.breaches, 1);
    close(elsewhere);
    close(l);
    blackhole_end(&d);
}

/* What libuv opens once. */
static int
warm_up(void **state)
{
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    log_set_level(LOG_LEVEL_QUIET);
    return 0;
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(test_a_socket_of_the_stock_is_connected),
        ROW(test_several_addresses_are_the_dialers),
        ROW(test_a_refusal_has_its_words),
        ROW(test_what_does_not_answer_is_waited_for),
        ROW(test_a_time_out_closes_its_socket),
        ROW(test_a_lost_dialer_takes_the_stock_along),
        ROW(test_dials_have_a_ceiling),
        ROW(test_a_dialer_may_have_none),
        ROW(test_a_hostile_dialer_sends_what_nobody_asked_for),
        ROW(test_a_hostile_dialer_connects_its_copy),
        ROW(test_a_hostile_dialer_has_it_block),
        ROW(test_a_connect_that_has_blocked_is_a_breach),
        ROW(test_a_hostile_dialer_answers_in_our_place),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
