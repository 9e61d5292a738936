#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/ipc/link.h"
#include "tests/unit/server/open_files.h"

#define FDS_MAX 40
#define ID_SIZE 13 /* bytes of a struct msg_id, with what is around it */

static struct frame f;

static int
pair_up(void **state)
{
    static int ends[2];

    assert_int_equal(link_pair(ends, 1), 0);
    *state = ends;
    return 0;
}

static int
tear_down(void **state)
{
    int *ends = *state;

    close(ends[0]);
    if (ends[1] >= 0) {
        close(ends[1]);
    }
    return 0;
}

/* Raw bytes with count copies of standard input's descriptor. */
static void
send_raw(int link, const void *bytes, size_t size, size_t count)
{
    union {
        char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    int fds[FDS_MAX] = {0};

    if (count > 0) {
        msg.msg_control = control.space;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * count);
    }
    assert_int_equal(sendmsg(link, &msg, 0), size);
}

static void
test_a_message_and_its_descriptor_arrive(void **state)
{
    int *ends = *state;
    const struct msg_id in = {.id = 42};
    struct msg_id out;

    assert_int_equal(link_send(ends[0], MSG_OPENED, &in, 0), 0);
    assert_int_equal(
        link_recv(ends[1], ROUTE_MONITOR_TO_SESSION, PHASE_READY, &f), 0);
    assert_int_equal(f.type, MSG_OPENED);
    assert_true(f.fd > 2);
    assert_true((fcntl(f.fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(frame_decode(&f, &out), 0);
    assert_int_equal(out.id, 42);
    close(f.fd);
}

static void
test_nothing_there_is_again_and_a_closed_peer_is_the_end(void **state)
{
    int *ends = *state;

    assert_int_equal(
        link_recv(ends[0], ROUTE_MONITOR_TO_SESSION, PHASE_ANY, &f), -EAGAIN);
    close(ends[1]);
    ends[1] = -1;
    assert_int_equal(
        link_recv(ends[0], ROUTE_MONITOR_TO_SESSION, PHASE_ANY, &f), -EPIPE);
}

static void
test_a_descriptor_where_none_is_expected_is_closed(void **state)
{
    int *ends = *state;
    const struct msg_id in = {.id = 1};
    int before = open_files();

    assert_int_equal(link_send(ends[0], MSG_PONG, &in, 0), 0);
    assert_int_equal(
        link_recv(ends[1], ROUTE_SESSION_TO_MONITOR, PHASE_ANY, &f), -EPROTO);
    assert_int_equal(f.fd, -1);
    assert_int_equal(open_files(), before);
}

/* A sequence of messages of one type: the first fds of them have a socket. */
static size_t
compose(uint8_t *out, enum msg_type type, size_t count, size_t fds)
{
    for (size_t i = 0; i < count; i++) {
        const struct msg_id m = {.id = (uint32_t)i};
        uint8_t *at = out + i * ID_SIZE;

        datagram_put_head(at, ID_SIZE - DATAGRAM_HEAD, i < fds);
        assert_int_equal(
            msg_encode(type, &m, at + DATAGRAM_HEAD, ID_SIZE - DATAGRAM_HEAD),
            ID_SIZE - DATAGRAM_HEAD);
    }
    return count * ID_SIZE;
}

static int
recv_opened(int link)
{
    return link_recv(link, ROUTE_MONITOR_TO_SESSION, PHASE_READY, &f);
}

static void
test_too_many_or_too_few_descriptors_are_all_closed(void **state)
{
    static const struct {
        const char *sentence;
        size_t messages, asked, sent;
    } rows[] = {
        {"one more than asked for", 2, 1, 2},
        {"one fewer", 3, 3, 2},
        {"none at all", 1, 1, 0},
        {"more than a datagram may have", 20, 17, 17},
        {"more than there is room for, and fewer asked for", 20, 16, 40},
        {"more than there is room for", 20, 1, 18},
    };
    uint8_t bytes[20 * ID_SIZE];
    int *ends = *state;
    int before = open_files();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t size =
            compose(bytes, MSG_OPENED, rows[i].messages, rows[i].asked);
        int r;

        send_raw(ends[0], bytes, size, rows[i].sent);
        r = recv_opened(ends[1]);
        if (r != -EPROTO || open_files() != before || frame_has_more(&f)) {
            fail_msg("%s: %d", rows[i].sentence, r);
        }
    }
    assert_int_equal(recv_opened(ends[1]), -EAGAIN); /* nothing is left */
}

static void
test_messages_of_one_datagram_arrive_one_after_the_other(void **state)
{
    uint8_t bytes[LIMIT_DATAGRAM_FDS * ID_SIZE];
    int *ends = *state;
    int before = open_files();
    struct msg_id out;

    send_raw(ends[0], bytes,
             compose(bytes, MSG_OPENED, LIMIT_DATAGRAM_FDS, LIMIT_DATAGRAM_FDS),
             LIMIT_DATAGRAM_FDS);
    for (uint32_t i = 0; i < LIMIT_DATAGRAM_FDS; i++) {
        assert_int_equal(recv_opened(ends[1]), 0);
        assert_int_equal(frame_decode(&f, &out), 0);
        assert_int_equal(out.id, i);
        assert_true(f.fd > 2);
        close(f.fd);
        assert_int_equal(frame_has_more(&f), i + 1 < LIMIT_DATAGRAM_FDS);
    }
    assert_int_equal(recv_opened(ends[1]), -EAGAIN);
    assert_int_equal(open_files(), before);
}

/* Each message is held against the phase that holds when its turn comes. */
static void
test_a_phase_may_change_inside_a_datagram(void **state)
{
    uint8_t bytes[2 * ID_SIZE];
    int *ends = *state;

    compose(bytes, MSG_PING, 1, 0);
    compose(bytes + ID_SIZE, MSG_OPENED, 1, 1);
    for (int i = 0; i < 2; i++) {
        send_raw(ends[0], bytes, sizeof(bytes), 1);
        assert_int_equal(
            link_recv(ends[1], ROUTE_MONITOR_TO_SESSION, PHASE_AUTH, &f), 0);
        if (i == 0) {
            assert_int_equal(recv_opened(ends[1]), 0);
            close(f.fd);
        } else {
            int before = open_files();

            assert_int_equal(
                link_recv(ends[1], ROUTE_MONITOR_TO_SESSION, PHASE_AUTH, &f),
                -EPROTO);
            assert_int_equal(open_files(), before - 1);
        }
    }
}

static void
test_what_is_not_taken_out_is_closed(void **state)
{
    uint8_t bytes[4 * ID_SIZE];
    int *ends = *state;
    int before = open_files();

    send_raw(ends[0], bytes, compose(bytes, MSG_OPENED, 4, 3), 3);
    assert_int_equal(recv_opened(ends[1]), 0);
    close(f.fd);
    frame_drop_rest(&f);
    assert_false(frame_has_more(&f));
    assert_int_equal(open_files(), before);
}

/* A datagram of no byte reads as an end of file; it can carry descriptors. */
static void
test_descriptors_with_nothing_are_closed(void **state)
{
    int *ends = *state;
    int before = open_files();

    send_raw(ends[0], "", 0, 2);
    assert_int_equal(
        link_recv(ends[1], ROUTE_MONITOR_TO_SESSION, PHASE_ANY, &f), -EPIPE);
    assert_int_equal(open_files(), before);
}

/* With room for two descriptors only the others arrive without theirs. */
static void
test_a_full_table_costs_the_last_messages_their_descriptors(void **state)
{
    static const int results[] = {0, 0, -EMFILE, -EMFILE, 0};
    uint8_t bytes[5 * ID_SIZE];
    int *ends = *state;
    struct rlimit old, tight;
    int fds[5], lowest = dup(0);

    /* The two lowest that are free are all that there may be. */
    assert_int_equal(dup(0), lowest + 1);
    close(lowest);
    close(lowest + 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    tight = old;
    tight.rlim_cur = (rlim_t)lowest + 2;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    send_raw(ends[0], bytes, compose(bytes, MSG_OPENED, 5, 4), 4);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(recv_opened(ends[1]), results[i]);
        fds[i] = f.fd;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_true(fds[0] >= 0 && fds[1] >= 0);
    assert_int_equal(fds[2], -1);
    assert_int_equal(fds[3], -1);
    assert_int_equal(fds[4], -1);
    close(fds[0]);
    close(fds[1]);
}

static void
test_short_and_unknown_messages_end_the_link(void **state)
{
    static const uint8_t unknown[] = {0, 0, 0, 4, 0, 0xff, 0xff, 0xff, 0xff};
    int *ends = *state;

    for (size_t size = 1; size <= sizeof(unknown); size++) {
        send_raw(ends[0], unknown, size, 0);
        assert_int_equal(
            link_recv(ends[1], ROUTE_SESSION_TO_MONITOR, PHASE_ANY, &f),
            -EPROTO);
    }
}

static void
test_a_message_beyond_the_frame_is_refused(void **state)
{
    static uint8_t huge[LIMIT_MESSAGE_BYTES + 1];
    int *ends = *state;
    int room = 4 * LIMIT_MESSAGE_BYTES;

    datagram_put_head(huge, sizeof(huge) - DATAGRAM_HEAD, false);
    huge[DATAGRAM_HEAD + 3] = MSG_AUTH_REQUEST;

    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    send_raw(ends[0], huge, sizeof(huge), 0);
    assert_int_equal(
        link_recv(ends[1], ROUTE_SESSION_TO_MONITOR, PHASE_AUTH, &f), -EPROTO);
}

/* The largest that there can be, and one byte more. */
static void
test_what_does_not_fit_is_not_sent(void **state)
{
    static uint8_t bytes[LIMIT_MESSAGE_BYTES];
    struct msg_bytes m = {
        .bytes = {.data = bytes,
                  .size = sizeof(bytes) - DATAGRAM_HEAD - DATAGRAM_TYPE - 4},
    };
    int *ends = *state;
    int room = 4 * LIMIT_MESSAGE_BYTES;

    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    assert_int_equal(link_send(ends[0], MSG_AUTH_REQUEST, &m, -1), 0);
    assert_int_equal(
        link_recv(ends[1], ROUTE_SESSION_TO_MONITOR, PHASE_AUTH, &f), 0);
    m.bytes.size++;
    assert_int_equal(link_send(ends[0], MSG_AUTH_REQUEST, &m, -1), -EMSGSIZE);
}

int
main(void)
{
#define WITH_LINK(test)                                                        \
    cmocka_unit_test_setup_teardown(test, pair_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_LINK(test_a_message_and_its_descriptor_arrive),
        WITH_LINK(test_nothing_there_is_again_and_a_closed_peer_is_the_end),
        WITH_LINK(test_a_descriptor_where_none_is_expected_is_closed),
        WITH_LINK(test_too_many_or_too_few_descriptors_are_all_closed),
        WITH_LINK(test_messages_of_one_datagram_arrive_one_after_the_other),
        WITH_LINK(test_a_phase_may_change_inside_a_datagram),
        WITH_LINK(test_what_is_not_taken_out_is_closed),
        WITH_LINK(test_descriptors_with_nothing_are_closed),
        WITH_LINK(test_a_full_table_costs_the_last_messages_their_descriptors),
        WITH_LINK(test_short_and_unknown_messages_end_the_link),
        WITH_LINK(test_a_message_beyond_the_frame_is_refused),
        WITH_LINK(test_what_does_not_fit_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
