/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <sys/socket.h>

#include "server/ipc/outbox.h"
#include "tests/unit/server/ipc/uvlink_fixture.h"
#include "tests/unit/server/open_files.h"

/* Bytes of the next datagram that our link has sent, or 0. */
static ssize_t
peek(int other)
{
    char bytes[8192];
    ssize_t n = recv(other, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

    assert_true(n > 0 || errno == EAGAIN);
    return n < 0 ? 0 : n;
}

/* The next message that our link has sent: its number, or 0. */
static uint32_t
take(int other, struct frame *f)
{
    struct msg_id m;
    int r = link_recv(other, ROUTE_MONITOR_TO_SESSION, PHASE_ANY, f);

    assert_true(r == 0 || r == -EAGAIN);
    if (r < 0) {
        return 0;
    }
    assert_int_equal(frame_decode(f, &m), 0);
    return m.id;
}

static void
test_messages_of_an_iteration_share_a_datagram(void **state)
{
    static const bool has_fd[] = {false, true, true, false, true};
    static struct frame f;
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);
    int pipes[5][2];
    char byte;

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        const struct msg_id m = {.id = i + 1};

        assert_int_equal(pipe(pipes[i]), 0);
        assert_int_equal(
            uvlink_send(s.link, MSG_OPENED, &m, has_fd[i] ? pipes[i][1] : -1),
            0);
    }
    assert_int_equal(peek(other), 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(take(other, &f), i + 1);
        assert_int_equal(frame_has_more(&f), i < 4);
        assert_int_equal(f.fd >= 0, has_fd[i]);
        if (has_fd[i]) { /* its own one */
            assert_int_equal(write(f.fd, "x", 1), 1);
            assert_int_equal(read(pipes[i][0], &byte, 1), 1);
            close(f.fd);
        } else {
            close(pipes[i][1]);
        }
        close(pipes[i][0]);
    }
    finish(&loop, &s, other);
}

static void
test_a_full_datagram_leaves_and_the_order_stays(void **state)
{
    static const struct {
        const char *sentence;
        enum msg_type type;
        uint32_t count, first; /* messages, and of those in the first one */
        bool has_fd;
    } rows[] = {
        {"messages", MSG_PING, LIMIT_DATAGRAM_MESSAGES + 1,
         LIMIT_DATAGRAM_MESSAGES, false},
        {"descriptors", MSG_OPENED, LIMIT_DATAGRAM_FDS + 1, LIMIT_DATAGRAM_FDS,
         true},
    };
    static struct frame f;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct seen s = {0};
        uv_loop_t loop;
        int other = start(&loop, &s);

        for (uint32_t n = 1; n <= rows[i].count; n++) {
            const struct msg_id m = {.id = n};

            uvlink_send(s.link, rows[i].type, &m, rows[i].has_fd ? dup(0) : -1);
            assert_int_equal(peek(other) > 0, n > rows[i].first);
        }
        uv_run(&loop, UV_RUN_NOWAIT);
        for (uint32_t n = 1; n <= rows[i].count; n++) {
            if (take(other, &f) != n ||
                frame_has_more(&f) !=
                    (n != rows[i].first && n != rows[i].count)) {
                fail_msg("%s: message %u", rows[i].sentence, n);
            }
            if (rows[i].has_fd) {
                close(f.fd);
            }
        }
        finish(&loop, &s, other);
    }
}

/* A large one is between small ones, and in a datagram of its own. */
static void
test_messages_of_all_sizes_keep_their_order(void **state)
{
    static const uint8_t bytes[60000];
    static const size_t sizes[] = {1, 3000, 60000, 2, 4000, 200, 60000, 5};
    static struct frame f;
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct msg_bytes m = {.bytes = {bytes, sizes[i]}};

        assert_int_equal(uvlink_send(s.link, MSG_AUTH_REQUEST, &m, -1), 0);
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct msg_bytes m;

        uv_run(&loop, UV_RUN_NOWAIT);
        assert_int_equal(
            link_recv(other, ROUTE_SESSION_TO_MONITOR, PHASE_AUTH, &f), 0);
        assert_int_equal(frame_decode(&f, &m), 0);
        assert_int_equal(m.bytes.size, sizes[i]);
    }
    finish(&loop, &s, other);
}

/* ---- from wherever it is called, a message waits for no event ---- */

struct caller {
    struct seen *s;
    bool has_sent, stops;
};

static void
send_once(struct caller *c, uv_loop_t *loop)
{
    const struct msg_id m = {.id = 7};

    if (!c->has_sent) {
        c->has_sent = true;
        assert_int_equal(uvlink_send(c->s->link, MSG_PING, &m, -1), 0);
        if (c->stops) {
            uv_stop(loop);
        }
    }
}

static void
from_timer(uv_timer_t *h)
{
    send_once(h->data, h->loop);
}

static void
from_idle(uv_idle_t *h)
{
    uv_idle_stop(h);
    send_once(h->data, h->loop);
}

static void
from_prepare(uv_prepare_t *h)
{
    send_once(h->data, h->loop);
}

static void
from_check(uv_check_t *h)
{
    send_once(h->data, h->loop);
}

static void
from_poll(uv_poll_t *h, int status, int events)
{
    (void)status;
    (void)events;
    uv_poll_stop(h);
    send_once(h->data, h->loop);
}

union any_handle {
    uv_handle_t handle;
    uv_timer_t timer;
    uv_idle_t idle;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_poll_t poll;
};

static void
call_from(uv_loop_t *loop, uv_handle_type type, int readable,
          union any_handle *h)
{
    if (type == UV_TIMER) {
        uv_timer_init(loop, &h->timer);
        uv_timer_start(&h->timer, from_timer, 1, 0);
    } else if (type == UV_IDLE) {
        uv_idle_init(loop, &h->idle);
        uv_idle_start(&h->idle, from_idle);
    } else if (type == UV_PREPARE) {
        uv_prepare_init(loop, &h->prepare);
        uv_prepare_start(&h->prepare, from_prepare);
    } else if (type == UV_CHECK) {
        uv_check_init(loop, &h->check);
        uv_check_start(&h->check, from_check);
    } else {
        uv_poll_init(loop, &h->poll, readable);
        uv_poll_start(&h->poll, UV_READABLE, from_poll);
    }
}

static void
on_late(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
    uv_stop(timer->loop);
}

static void
on_arrival(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    uv_stop(poll->loop);
}

/* Does what is sent from there arrive while the loop has no other event? */
static bool
arrives(uv_handle_type type, bool stops)
{
    static struct frame f;
    struct seen s = {0};
    struct caller c = {.s = &s, .stops = stops};
    union any_handle h;
    uv_loop_t loop;
    uv_timer_t late;
    uv_poll_t arrival;
    bool is_late = false, has_come = false;
    int other = start(&loop, &s), pair[2];

    assert_int_equal(pipe(pair), 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    call_from(&loop, type, pair[0], &h);
    h.handle.data = &c;
    uv_timer_init(&loop, &late);
    late.data = &is_late;
    uv_timer_start(&late, on_late, 20000, 0);
    uv_poll_init(&loop, &arrival, other);
    if (!stops) { /* the only event that can come */
        uv_poll_start(&arrival, UV_READABLE, on_arrival);
    }
    uv_run(&loop, type == UV_CHECK ? UV_RUN_NOWAIT : UV_RUN_DEFAULT);
    if (type == UV_CHECK) { /* no event leads there: the next one does */
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    has_come = take(other, &f) == 7;
    uv_close(&h.handle, NULL);
    uv_close((uv_handle_t *)&late, NULL);
    uv_close((uv_handle_t *)&arrival, NULL);
    finish(&loop, &s, other);
    close(pair[0]);
    close(pair[1]);
    return has_come && !is_late;
}

static void
test_no_message_waits_for_the_next_event(void **state)
{
    static const struct {
        const char *sentence;
        uv_handle_type type;
    } rows[] = {
        {"from a timer", UV_TIMER},      {"from an idle callback", UV_IDLE},
        {"before the wait", UV_PREPARE}, {"behind the wait", UV_CHECK},
        {"from an event", UV_POLL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!arrives(rows[i].type, false)) {
            fail_msg("%s", rows[i].sentence);
        }
    }
}

static void
test_what_is_sent_by_who_stops_the_loop_leaves(void **state)
{
    (void)state;
    assert_true(arrives(UV_POLL, true));
    assert_true(arrives(UV_PREPARE, true));
    assert_true(arrives(UV_IDLE, true));
}

static void
test_a_flush_and_a_close_send_what_is_held(void **state)
{
    static struct frame f;
    struct seen s = {0};
    struct msg_id m = {.id = 1};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), 0);
    assert_int_equal(take(other, &f), 0);
    uvlink_flush(s.link);
    assert_int_equal(take(other, &f), 1);
    uvlink_flush(s.link); /* nothing: that is fine */
    m.id = 2;
    assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), 0);
    uvlink_close(s.link);
    assert_int_equal(take(other, &f), 2);
    assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), -EPIPE);
    finish(&loop, &s, other);
}

static void
test_what_is_merely_held_is_not_queued(void **state)
{
    struct seen s = {0};
    struct msg_id m = {.id = 1};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    assert_int_equal(uvlink_send(s.link, MSG_PING, &m, -1), 0);
    assert_int_equal(uvlink_queued(s.link), 0);
    finish(&loop, &s, other);
}

/* ---- what arrives ---- */

/* A datagram of messages, each with a descriptor or none with one. */
static void
send_many(int other, enum msg_type type, size_t count, bool has_fd)
{
    struct outbox out = {0};

    for (size_t i = 0; i < count; i++) {
        const struct msg_id m = {.id = (uint32_t)i + 1};
        uint8_t bytes[16];
        long n = msg_encode(type, &m, bytes, sizeof(bytes));

        assert_int_equal(
            outbox_add(&out, bytes, (size_t)n, has_fd ? dup(0) : -1), 0);
    }
    assert_int_equal(outbox_send(&out, other), 0);
}

static void
test_closing_in_a_datagram_drops_and_closes_the_rest(void **state)
{
    struct seen s = {.close_on_message = true};
    uv_loop_t loop;
    int before = open_files();
    int other = start_on(&loop, &s, ROUTE_MONITOR_TO_SESSION);

    (void)state;
    uvlink_set_phase(s.link, PHASE_READY);
    send_many(other, MSG_OPENED, 5, true);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    close(other);
    assert_int_equal(s.messages, 1);
    assert_int_equal(s.ends, 0);
    assert_int_equal(open_files(), before);
}

/* Its first message is allowed before the login, the second one after it. */
static void
test_a_message_may_change_the_phase_for_the_next(void **state)
{
    static const struct {
        const char *sentence;
        bool changes;
        int messages, why;
    } rows[] = {
        {"it does", true, 2, -EPIPE},
        {"it does not", false, 1, -EPROTO},
    };
    const struct msg_id m = {.id = 1};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct seen s = {.ready_on_message = rows[i].changes};
        struct outbox out = {0};
        uint8_t bytes[16];
        uv_loop_t loop;
        int other = start_on(&loop, &s, ROUTE_MONITOR_TO_SESSION);

        msg_encode(MSG_PING, &m, bytes, sizeof(bytes));
        outbox_add(&out, bytes, 8, -1);
        msg_encode(MSG_OPENED, &m, bytes, sizeof(bytes));
        outbox_add(&out, bytes, 8, -1);
        assert_int_equal(outbox_send(&out, other), 0);
        close(other);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&loop), 0);
        if (s.messages != rows[i].messages || s.why != rows[i].why) {
            fail_msg("%s: %d messages, %d", rows[i].sentence, s.messages,
                     s.why);
        }
    }
}

static void
test_a_round_ends_behind_the_datagram_that_fills_it(void **state)
{
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    for (int i = 0; i < 2; i++) {
        send_many(other, MSG_PONG, LIMIT_LINK_ROUND - 1, false);
        send_many(other, MSG_PONG, LIMIT_DATAGRAM_MESSAGES, false);
    }
    uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(s.messages,
                     LIMIT_LINK_ROUND - 1 + LIMIT_DATAGRAM_MESSAGES);
    uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(s.messages,
                     2 * (LIMIT_LINK_ROUND - 1 + LIMIT_DATAGRAM_MESSAGES));
    finish(&loop, &s, other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_of_an_iteration_share_a_datagram),
        cmocka_unit_test(test_a_full_datagram_leaves_and_the_order_stays),
        cmocka_unit_test(test_messages_of_all_sizes_keep_their_order),
        cmocka_unit_test(test_no_message_waits_for_the_next_event),
        cmocka_unit_test(test_what_is_sent_by_who_stops_the_loop_leaves),
        cmocka_unit_test(test_a_flush_and_a_close_send_what_is_held),
        cmocka_unit_test(test_what_is_merely_held_is_not_queued),
        cmocka_unit_test(test_closing_in_a_datagram_drops_and_closes_the_rest),
        cmocka_unit_test(test_a_message_may_change_the_phase_for_the_next),
        cmocka_unit_test(test_a_round_ends_behind_the_datagram_that_fills_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
