#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "server/base/fd.h"
#include "server/base/spawn.h"
#include "server/ipc/link.h"
#include "tests/unit/server/dialer/loopback.h"
#include "tests/unit/server/dialer/scratch_path.h"

/* The program itself: this test plays the monitor at the other end. */

#define NOBODY "65534"

static const char *const here[] = {"127.0.0.1", NULL};
static struct frame frame;

static pid_t
start_with(const char *const *argv, int *ret_link)
{
    struct spawn s = {
        .name = "../bin/portcullis-dialer", .argv = argv, .fd_count = 1};
    pid_t pid = -1;
    int ends[2];

    assert_int_equal(link_pair(ends, 0), 0);
    s.fds[0] = ends[1];
    assert_int_equal(spawn_start(&s, &pid), 0);
    close(ends[1]);
    *ret_link = ends[0];
    return pid;
}

static pid_t
start(int *ret_link)
{
    static const char *const as_nobody[] = {NOBODY, NOBODY, NULL};

    return start_with(geteuid() == 0 ? as_nobody : NULL, ret_link);
}

static void
assert_ends_with(pid_t pid, int expected)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

static void
say(int link, enum msg_type type, const void *body)
{
    assert_int_equal(link_send(link, type, body, -1), 0);
}

static void
hear(int link, enum msg_type type, void *ret)
{
    assert_int_equal(
        link_recv(link, ROUTE_DIALER_TO_MONITOR, PHASE_ANY, &frame), 0);
    assert_int_equal(frame.type, type);
    assert_int_equal(frame_decode(&frame, ret), 0);
}

static void
test_a_connected_socket_arrives(void **state)
{
    int l = loopback_listen("127.0.0.1", 8);
    struct msg_connect m = loopback_message(7, loopback_port(l), here);
    struct msg_connected connected;
    char byte = 'x';
    int link, server;
    pid_t pid = start(&link);

    (void)state;
    say(link, MSG_CONNECT, &m);
    hear(link, MSG_CONNECTED, &connected);
    assert_int_equal(connected.id, 7);
    assert_int_equal(connected.error, 0);
    assert_true(frame.fd >= 0);
    server = accept(l, NULL, NULL);
    assert_int_equal(write(frame.fd, &byte, 1), 1);
    byte = 0;
    assert_int_equal(read(server, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    close(frame.fd);
    assert_int_equal(read(server, &byte, 1), 0); /* the dialer kept none */
    close(server);
    close(l);

    m.port = loopback_port(l = loopback_listen("127.0.0.1", 1));
    close(l);
    say(link, MSG_CONNECT, &m);
    hear(link, MSG_CONNECTED, &connected);
    assert_int_equal(connected.error, -ECONNREFUSED);
    assert_int_equal(frame.fd, -1);
    close(link);
    assert_ends_with(pid, 0);
}

static void
test_a_listener_serves_until_it_is_ended(void **state)
{
    struct msg_connect m = loopback_message(5, 0, here);
    const struct msg_id id = {.id = 5};
    struct msg_incoming incoming;
    struct msg_bound bound;
    char byte;
    int link, client;
    pid_t pid = start(&link);

    (void)state;
    say(link, MSG_BIND, &m);
    hear(link, MSG_BOUND, &bound);
    assert_int_equal(bound.error, 0);
    client = loopback_connect("127.0.0.1", bound.port);
    hear(link, MSG_INCOMING, &incoming);
    assert_int_equal(incoming.id, 5);
    assert_int_equal(incoming.peer_port, loopback_port(client));
    assert_true(frame.fd >= 0);
    close(client);
    recv(frame.fd, &byte, 1, 0);
    close(frame.fd);

    say(link, MSG_UNBIND, &id);
    m.port = bound.port; /* only free when the first has ended */
    say(link, MSG_BIND, &m);
    hear(link, MSG_BOUND, &bound);
    assert_int_equal(bound.error, 0);
    close(link);
    assert_ends_with(pid, 0);
}

static void
test_a_cancelled_connect_is_not_answered(void **state)
{
    int l = loopback_listen("127.0.0.1", 0);
    uint16_t port = loopback_port(l);
    int fillers[] = {loopback_connect("127.0.0.1", port),
                     loopback_connect("127.0.0.1", port)};
    const struct msg_connect m = loopback_message(7, port, here);
    const struct msg_resolve number = {.id = 8, .host = "127.0.0.1"};
    const struct msg_id id = {.id = 7};
    struct msg_resolved resolved;
    int link;
    pid_t pid = start(&link);

    (void)state;
    say(link, MSG_CONNECT, &m);
    say(link, MSG_CANCEL, &id);
    say(link, MSG_RESOLVE, &number);
    hear(link, MSG_RESOLVED, &resolved);
    assert_int_equal(resolved.id, 8);
    close(l);
    close(link);
    assert_ends_with(pid, 0);
    close(fillers[0]);
    close(fillers[1]);
}

/* Relative paths start at /, wherever the program was started. */
static void
test_paths_are_listened_on_and_connected_to(void **state)
{
    struct scratch_path scratch;
    struct msg_dial_path m = {.id = 5, .path = scratch.path + 1, .mask = 0};
    struct msg_incoming incoming;
    struct msg_connected connected;
    struct msg_bound bound;
    int link;
    pid_t pid = start(&link);

    (void)state;
    scratch_path_init(&scratch);
    say(link, MSG_BIND_PATH, &m);
    hear(link, MSG_BOUND, &bound);
    assert_int_equal(bound.error, 0);
    m.id = 6;
    say(link, MSG_CONNECT_PATH, &m);
    hear(link, MSG_CONNECTED, &connected);
    assert_int_equal(connected.id, 6);
    assert_int_equal(connected.error, 0);
    close(frame.fd);
    hear(link, MSG_INCOMING, &incoming);
    assert_int_equal(incoming.id, 5);
    assert_int_equal(incoming.peer.count, 0);
    close(frame.fd);
    close(link);
    assert_ends_with(pid, 0);
    scratch_path_done(&scratch);
}

static void
test_the_kernels_rule_for_ports_is_the_users(void **state)
{
    static const char *const as_root[] = {"0", "0", NULL};
    const struct msg_connect m = loopback_message(5, 1, here);
    struct msg_bound bound;
    int link;
    pid_t pid;

    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: needs root\n");
        skip();
    }
    pid = start(&link);
    say(link, MSG_BIND, &m);
    hear(link, MSG_BOUND, &bound);
    assert_true(bound.error == -EACCES || bound.error == 0);
    close(link);
    assert_ends_with(pid, 0);

    pid = start_with(as_root, &link);
    say(link, MSG_BIND, &m);
    hear(link, MSG_BOUND, &bound);
    assert_int_equal(bound.error, 0);
    close(link);
    assert_ends_with(pid, 0);
}

static void
test_sockets_are_made_to_order(void **state)
{
    const struct msg_stock six = {.family = ADDRESS_V6, .count = 2};
    struct msg_socket answer;
    int link;
    pid_t pid = start(&link);

    (void)state;
    if (!loopback_has_v6()) {
        close(link);
        assert_ends_with(pid, 0);
        skip();
    }
    say(link, MSG_STOCK, &six);
    for (int i = 0; i < 2; i++) {
        hear(link, MSG_SOCKET, &answer);
        assert_int_equal(answer.family, ADDRESS_V6);
        assert_int_equal(answer.error, 0);
        assert_int_equal(fd_socket_option(frame.fd, SO_DOMAIN), AF_INET6);
        close(frame.fd);
    }
    close(link);
    assert_ends_with(pid, 0);
}

static void
test_it_tells_when_it_can_make_no_more(void **state)
{
    const struct msg_stock one = {.family = ADDRESS_V4, .count = 1};
    const struct msg_stock many = {.family = ADDRESS_V4, .count = 100};
    const struct rlimit few = {.rlim_cur = 3, .rlim_max = 1024};
    struct msg_socket answer;
    int link;
    pid_t pid = start(&link);
    bool can_limit = false;

    (void)state;
    say(link, MSG_STOCK, &one);
    hear(link, MSG_SOCKET, &answer); /* its own limit is set by now */
    close(frame.fd);
    can_limit = prlimit(pid, RLIMIT_NOFILE, &few, NULL) == 0;
    if (can_limit) {
        say(link, MSG_STOCK, &many);
        hear(link, MSG_SOCKET, &answer);
        assert_int_equal(answer.error, -EMFILE);
        assert_int_equal(frame.fd, -1);
    }
    close(link);
    assert_ends_with(pid, 0);
    if (!can_limit) {
        skip();
    }
}

static void
test_it_does_not_run_as_nobody_in_particular(void **state)
{
    static const char *const rows[][4] = {
        {NULL},
        {"1000", NULL},
        {"1000", "", NULL},
        {"-1", "0"},
        {"4294967295", "0"},
        {"0x10", "0"},
        {"1000", "-0"},
        {"4294967296", "1", NULL},
        {"1", "1", "1", NULL},
    };
    int link;

    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: needs root\n");
        skip();
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_ends_with(start_with(rows[i], &link), 1);
        close(link);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connected_socket_arrives),
        cmocka_unit_test(test_a_listener_serves_until_it_is_ended),
        cmocka_unit_test(test_a_cancelled_connect_is_not_answered),
        cmocka_unit_test(test_paths_are_listened_on_and_connected_to),
        cmocka_unit_test(test_the_kernels_rule_for_ports_is_the_users),
        cmocka_unit_test(test_sockets_are_made_to_order),
        cmocka_unit_test(test_it_tells_when_it_can_make_no_more),
        cmocka_unit_test(test_it_does_not_run_as_nobody_in_particular),
    };

    if (spawn_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
