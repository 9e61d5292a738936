/* Forwards' sockets in the event loop: a handle serves one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/ssh/relay_state.h"

static struct transport t;
static uv_loop_t loop;
static uint8_t last_byte;

/*
 * A forward whose client has not taken the last bytes yet: when it hears of
 * more, it waits for that.
 */
struct forward {
    struct relay relay;
    int peer;
};

static int
prepare(void **state)
{
    (void)state;
    memset(&t, 0, sizeof(t));
    assert_int_equal(uv_loop_init(&loop), 0);
    uv_prepare_init(&loop, &t.prepare);
    return 0;
}

static void
begin(struct forward *f)
{
    int pair[2];

    t.relays.changed.tail = &t.relays.changed.head; /* nobody serves these */
    t.relays.waiting.tail = &t.relays.waiting.head;
    memset(f, 0, sizeof(*f));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    f->peer = pair[1];
    f->relay.t = &t;
    f->relay.wait = WAIT_NOT;
    f->relay.fd = pair[0];
    f->relay.tail = &last_byte;
    assert_int_equal(relay_watch_begin(&f->relay), 0);
}

static void
end(struct forward *f)
{
    relay_watch_end(&f->relay);
    close(f->relay.fd);
    close(f->peer);
}

/* Has the forward heard of what its target says? */
static bool
hears(struct forward *f)
{
    relay_watch_for(&f->relay, UV_READABLE);
    assert_int_equal(send(f->peer, "x", 1, MSG_DONTWAIT), 1);
    uv_run(&loop, UV_RUN_NOWAIT);
    return f->relay.wait == WAIT_CLIENT;
}

static void
test_the_next_socket_of_a_number_takes_the_handle_over(void **state)
{
    struct forward first, second;
    struct relay_watch *watch = NULL;

    (void)state;
    begin(&first);
    watch = first.relay.watch;
    assert_true(hears(&first));
    end(&first);
    begin(&second);
    assert_int_equal(second.relay.fd, first.relay.fd);
    assert_ptr_equal(second.relay.watch, watch);
    assert_true(hears(&second));
    end(&second);
}

static void
test_nobody_hears_of_a_socket_that_was_closed(void **state)
{
    struct forward first, second;

    (void)state;
    begin(&first);
    relay_watch_for(&first.relay, UV_READABLE);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(send(first.peer, "x", 1, MSG_DONTWAIT), 1);
    end(&first);
    begin(&second);
    relay_watch_for(&second.relay, UV_READABLE);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(first.relay.wait, WAIT_NOT);
    assert_int_equal(second.relay.wait, WAIT_NOT);
    assert_true(hears(&second));
    end(&second);
}

static void
test_what_is_not_watched_for_is_not_heard(void **state)
{
    struct forward f;

    (void)state;
    begin(&f);
    relay_watch_for(&f.relay, UV_READABLE);
    relay_watch_for(&f.relay, 0);
    assert_int_equal(send(f.peer, "x", 1, MSG_DONTWAIT), 1);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(f.relay.wait, WAIT_NOT);
    assert_true(hears(&f));
    end(&f);
}

/* Is there anything that the loop would wake up for? */
static bool
wakes(void)
{
    struct pollfd polled = {.fd = uv_backend_fd(&loop), .events = POLLIN};

    return poll(&polled, 1, 0) > 0;
}

/*
 * Whoever made the socket may have kept a copy, and then its end is not what
 * takes it out of the loop.  Of an error libuv stops to tell, and leaves the
 * socket there.
 */
static void
test_a_copy_of_a_failed_socket_wakes_nobody(void **state)
{
    struct forward first, second;
    int copy = -1;

    (void)state;
    begin(&first);
    copy = dup(first.relay.fd);
    assert_int_equal(send(first.relay.fd, "x", 1, MSG_DONTWAIT), 1);
    relay_watch_for(&first.relay, UV_READABLE);
    assert_int_equal(send(first.peer, "x", 1, MSG_DONTWAIT), 1);
    close(first.peer); /* it has not read all: an error */
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(first.relay.write_shut);
    relay_watch_end(&first.relay);
    close(first.relay.fd);
    assert_false(wakes());
    begin(&second);
    relay_watch_for(&second.relay, UV_READABLE);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_false(second.relay.write_shut);
    assert_true(hears(&second));
    end(&second);
    close(copy);
}

/* Numbers far apart, and more of them than there is room for at first. */
static void
test_many_at_once_are_told_apart(void **state)
{
    struct forward f[40];
    size_t count = sizeof(f) / sizeof(f[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        begin(&f[i]);
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(hears(&f[i]));
        for (size_t j = i + 1; j < count; j++) {
            assert_int_equal(f[j].relay.wait, WAIT_NOT);
        }
    }
    for (size_t i = 0; i < count; i++) {
        end(&f[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_the_next_socket_of_a_number_takes_the_handle_over),
        cmocka_unit_test(test_nobody_hears_of_a_socket_that_was_closed),
        cmocka_unit_test(test_what_is_not_watched_for_is_not_heard),
        cmocka_unit_test(test_a_copy_of_a_failed_socket_wakes_nobody),
        cmocka_unit_test(test_many_at_once_are_told_apart),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
