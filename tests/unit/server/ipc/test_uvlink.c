/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/server/ipc/uvlink_fixture.h"

static void
test_messages_arrive_in_order_and_the_end_is_told_once(void **state)
{
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    for (uint32_t i = 1; i <= 100; i++) {
        const struct msg_id m = {.id = i};

        assert_int_equal(link_send(other, MSG_PONG, &m, -1), 0);
    }
    close(other);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0); /* no handle is left behind */
    assert_int_equal(s.messages, 100);
    assert_int_equal(s.last, 100);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.why, -EPIPE);
}

/* As a process that dies: it leaves our messages unread. */
static void
test_the_last_words_of_a_dying_peer_arrive(void **state)
{
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    for (uint32_t i = 1; i <= 100; i++) {
        const struct msg_id m = {.id = i};

        assert_int_equal(link_send(other, MSG_PONG, &m, -1), 0);
        assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), 0);
        if (i == 50) {
            uvlink_flush(s.link); /* the rest finds nobody any more */
        }
    }
    close(other);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(s.messages, 100);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.why, -EPIPE);
}

static void
test_a_peer_that_breaks_the_table_is_ended(void **state)
{
    struct seen s = {0};
    const struct msg_id m = {.id = 1};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    assert_int_equal(link_send(other, MSG_FORWARD_CLOSED,
                               &(struct msg_forward_closed){.id = 1}, -1),
                     0); /* not before login */
    assert_int_equal(link_send(other, MSG_PONG, &m, -1), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(s.messages, 0);
    assert_int_equal(s.why, -EPROTO);
    close(other);
}

static void
test_closing_inside_a_message_is_the_last_call(void **state)
{
    struct seen s = {.close_on_message = true};
    const struct msg_id m = {.id = 1};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    assert_int_equal(link_send(other, MSG_PONG, &m, -1), 0);
    assert_int_equal(link_send(other, MSG_PONG, &m, -1), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(s.messages, 1);
    assert_int_equal(s.ends, 0);
    close(other);
}

static void
test_a_peer_that_does_not_drain_is_ended_at_the_ceiling(void **state)
{
    struct seen s = {0};
    const struct msg_id m = {.id = 1};
    uv_loop_t loop;
    int other = start(&loop, &s);
    int sent = 0;

    (void)state;
    while (uvlink_send(s.link, MSG_PING, &m, -1) == 0) {
        sent++;
        assert_true(sent < 2 * LIMIT_LINK_MESSAGES);
    }
    assert_true(sent >= LIMIT_LINK_MESSAGES);
    assert_int_equal(s.ends, 0); /* never from inside a send */
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.why, -ENOBUFS);
    close(other);
}

static void
test_large_messages_reach_the_ceiling_by_bytes(void **state)
{
    static const uint8_t bytes[60000];
    const struct msg_bytes m = {.bytes = {bytes, sizeof(bytes)}};
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);
    size_t most = 0;

    (void)state;
    while (uvlink_send(s.link, MSG_AUTH_REQUEST, &m, -1) == 0) {
        most = uvlink_queued(s.link);
        assert_true(most < LIMIT_LINK_MESSAGES);
    }
    assert_int_equal(most, LIMIT_LINK_BYTES / (sizeof(bytes) + 8));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(s.why, -ENOBUFS);
    close(other);
}

/* The descriptor of a message that found no room is not left open. */
static void
test_a_descriptor_that_found_no_room_is_closed(void **state)
{
    const struct msg_id m = {.id = 1};
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s), pair[2];
    char byte;

    (void)state;
    while (uvlink_queued(s.link) < LIMIT_LINK_MESSAGES) {
        assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), 0);
    }
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(uvlink_send(s.link, MSG_OPENED, &m, pair[1]), -ENOBUFS);
    assert_int_equal(read(pair[0], &byte, 1), 0);
    close(pair[0]);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    close(other);
}

static void
on_timer(uv_timer_t *timer)
{
    int other = *(int *)timer->data;
    static struct frame f;
    static uint32_t expected;

    while (link_recv(other, ROUTE_MONITOR_TO_SESSION, PHASE_ANY, &f) == 0) {
        struct msg_id m;

        assert_int_equal(frame_decode(&f, &m), 0);
        assert_int_equal(m.id, expected);
        expected++;
    }
    if (expected == 2000) {
        close(other);
        uv_close((uv_handle_t *)timer, NULL);
    }
}

static void
test_queued_messages_leave_in_order_when_the_peer_reads(void **state)
{
    struct seen s = {0};
    uv_loop_t loop;
    uv_timer_t timer;
    int other = start(&loop, &s);

    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        const struct msg_id m = {.id = i};

        assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), 0);
    }
    uv_timer_init(&loop, &timer);
    timer.data = &other;
    uv_timer_start(&timer, on_timer, 1, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(s.why, -EPIPE);
}

/* Instead of libc's: the kernel has no memory for so many messages. */
static int refusals;

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
    if (refusals > 0) {
        refusals--;
        errno = ENOBUFS;
        return -1;
    }
    return syscall(SYS_sendmsg, fd, msg, flags);
}

static void
test_a_shortage_of_memory_is_waited_out(void **state)
{
    static struct frame f;
    struct seen s = {0};
    struct msg_id m = {.id = 1};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    refusals = 2; /* the first, and the first time it is tried again */
    assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), 0);
    uvlink_flush(s.link);
    m.id = 2;
    assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), 0);
    assert_int_equal(uvlink_queued(s.link), 2);
    while (uvlink_queued(s.link) > 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    assert_int_equal(refusals, 0);
    for (uint32_t i = 1; i <= 2; i++) {
        assert_int_equal(
            link_recv(other, ROUTE_MONITOR_TO_SESSION, PHASE_ANY, &f), 0);
        assert_int_equal(frame_decode(&f, &m), 0);
        assert_int_equal(m.id, i);
    }
    close(other);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(s.why, -EPIPE);
}

#ifndef PORTCULLIS_SANITIZED
/* Take all memory that there may be. */
static void
use_up_memory(void)
{
    const struct rlimit none = {0};

    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    for (size_t size = 1 << 20; size > 0; size /= 2) {
        void *volatile block = NULL; /* or the compiler leaves it out */

        do {
            block = malloc(size);
        } while (block != NULL);
    }
}

/* In a process of its own, which has none afterwards. */
static void
send_without_memory(int *status)
{
    const struct msg_id m = {.id = 7};
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);
    pid_t child = fork();
    static struct frame f;

    if (child == 0) {
        use_up_memory();
        _exit(uvlink_send(s.link, MSG_OPENED, &m, dup(0)) == 0 &&
                      uvlink_send(s.link, MSG_PING, &m, -1) == 0
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, status, 0), child);
    assert_int_equal(link_recv(other, ROUTE_MONITOR_TO_SESSION, PHASE_ANY, &f),
                     0);
    assert_true(f.fd >= 0);
    close(f.fd);
    assert_int_equal(link_recv(other, ROUTE_MONITOR_TO_SESSION, PHASE_ANY, &f),
                     0);
    finish(&loop, &s, other);
}

static void
test_what_there_is_no_memory_to_hold_leaves_at_once(void **state)
{
    int status = -1;

    (void)state;
    send_without_memory(&status);
    assert_int_equal(status, 0);
}
#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_messages_arrive_in_order_and_the_end_is_told_once),
        cmocka_unit_test(test_the_last_words_of_a_dying_peer_arrive),
        cmocka_unit_test(test_a_peer_that_breaks_the_table_is_ended),
        cmocka_unit_test(test_closing_inside_a_message_is_the_last_call),
        cmocka_unit_test(
            test_a_peer_that_does_not_drain_is_ended_at_the_ceiling),
        cmocka_unit_test(test_large_messages_reach_the_ceiling_by_bytes),
        cmocka_unit_test(test_a_descriptor_that_found_no_room_is_closed),
        cmocka_unit_test(
            test_queued_messages_leave_in_order_when_the_peer_reads),
        cmocka_unit_test(test_a_shortage_of_memory_is_waited_out),
#ifndef PORTCULLIS_SANITIZED
        cmocka_unit_test(test_what_there_is_no_memory_to_hold_leaves_at_once),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
