#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/ipc/link.h"

static struct frame f;

static int
open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        n++;
    }
    closedir(dir);
    return n;
}

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
        char space[CMSG_SPACE(sizeof(int) * 3)];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    int fds[3] = {0, 0, 0};

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
    int before = open_fds();

    assert_int_equal(link_send(ends[0], MSG_PONG, &in, 0), 0);
    assert_int_equal(
        link_recv(ends[1], ROUTE_SESSION_TO_MONITOR, PHASE_ANY, &f), -EPROTO);
    assert_int_equal(f.fd, -1);
    assert_int_equal(open_fds(), before);
}

static void
test_several_descriptors_at_once_are_all_closed(void **state)
{
    static const uint8_t opened[] = {0, 0, 0, MSG_OPENED, 0, 0, 0, 1};
    int *ends = *state;
    int before = open_fds();

    send_raw(ends[0], opened, sizeof(opened), 3);
    assert_int_equal(
        link_recv(ends[1], ROUTE_MONITOR_TO_SESSION, PHASE_READY, &f), -EPROTO);
    assert_int_equal(open_fds(), before);
}

static void
test_short_and_unknown_messages_end_the_link(void **state)
{
    static const uint8_t unknown[] = {0xff, 0xff, 0xff, 0xff};
    int *ends = *state;

    send_raw(ends[0], unknown, 3, 0);
    assert_int_equal(
        link_recv(ends[1], ROUTE_SESSION_TO_MONITOR, PHASE_ANY, &f), -EPROTO);
    send_raw(ends[0], unknown, 4, 0);
    assert_int_equal(
        link_recv(ends[1], ROUTE_SESSION_TO_MONITOR, PHASE_ANY, &f), -EPROTO);
}

static void
test_a_message_beyond_the_frame_is_refused(void **state)
{
    static uint8_t huge[LIMIT_MESSAGE_BYTES + 1] = {0, 0, 0, MSG_AUTH_REQUEST};
    int *ends = *state;
    int room = 4 * LIMIT_MESSAGE_BYTES;

    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    send_raw(ends[0], huge, sizeof(huge), 0);
    assert_int_equal(
        link_recv(ends[1], ROUTE_SESSION_TO_MONITOR, PHASE_AUTH, &f), -EPROTO);
}

static void
test_what_does_not_fit_is_not_sent(void **state)
{
    static uint8_t bytes[LIMIT_MESSAGE_BYTES];
    const struct msg_bytes m = {
        .bytes = {.data = bytes, .size = sizeof(bytes)},
    };
    int *ends = *state;

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
        WITH_LINK(test_several_descriptors_at_once_are_all_closed),
        WITH_LINK(test_short_and_unknown_messages_end_the_link),
        WITH_LINK(test_a_message_beyond_the_frame_is_refused),
        WITH_LINK(test_what_does_not_fit_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
