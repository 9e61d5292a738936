#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/ipc/sockaddr.h"
#include "server/monitor/forward_socket.h"
#include "tests/unit/server/dialer/loopback.h"
#include "tests/unit/server/dialer/scratch_path.h"

static const struct address here = {
    .family = ADDRESS_V4,
    .bytes = {127, 0, 0, 1},
};

static void
test_a_tcp_connection_goes_where_it_should(void **state)
{
    const struct address other = {.family = ADDRESS_V4,
                                  .bytes = {127, 0, 0, 2}};
    int l = loopback_listen("127.0.0.1", 1);
    uint16_t port = loopback_port(l);
    int fd = loopback_connect("127.0.0.1", port);

    (void)state;
    assert_true(forward_socket_goes_to(fd, &here, port));
    assert_false(forward_socket_goes_to(fd, &here, (uint16_t)(port + 1)));
    assert_false(forward_socket_goes_to(fd, &other, port));
    assert_false(forward_socket_goes_to(l, &here, port));
    assert_false(forward_socket_goes_to(-1, &here, port));
    assert_false(forward_socket_has_path(fd));
    assert_false(forward_socket_came_by(fd, ""));
    close(fd);
    close(l);
}

static void
test_a_connection_by_path(void **state)
{
    struct scratch_path scratch;
    int l, client, server;

    (void)state;
    scratch_path_init(&scratch);
    l = scratch_path_listen(&scratch, SOCK_STREAM, 1);
    client = scratch_path_connect(&scratch);
    server = accept(l, NULL, NULL);
    assert_true(forward_socket_has_path(client));
    assert_true(forward_socket_came_by(server, scratch.path));
    assert_false(forward_socket_came_by(server, "/tmp/other"));
    assert_false(forward_socket_came_by(server, scratch.dir));
    assert_false(forward_socket_came_by(client, scratch.path));
    assert_false(forward_socket_has_path(l));
    assert_false(forward_socket_has_path(-1));
    assert_false(forward_socket_goes_to(client, &here, 0));
    close(client);
    close(server);
    close(l);
    scratch_path_done(&scratch);
}

static void
test_other_sockets_of_the_family(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    assert_false(forward_socket_has_path(ends[0]));
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_false(forward_socket_has_path(ends[0]));
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_false(forward_socket_came_by(ends[0], "/tmp/x"));
    assert_false(forward_socket_came_by(ends[0], ""));
    close(ends[0]);
    close(ends[1]);
}

/* Connected sockets with TCP's addresses that are something else. */
static void
test_other_protocols_with_the_same_addresses(void **state)
{
    static const int protocols[][2] = {
        {SOCK_STREAM, IPPROTO_MPTCP},
        {SOCK_STREAM, IPPROTO_SCTP},
        {SOCK_DGRAM, IPPROTO_UDP},
    };
    const size_t count = sizeof(protocols) / sizeof(protocols[0]);
    int l = loopback_listen("127.0.0.1", 8);
    uint16_t port = loopback_port(l);
    struct sockaddr_storage sa;
    socklen_t size = loopback_sockaddr("127.0.0.1", port, &sa);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        int fd =
            socket(AF_INET, protocols[i][0] | SOCK_CLOEXEC, protocols[i][1]);
        struct sockaddr_storage peer;
        socklen_t peer_size = sizeof(peer);

        if (fd < 0) { /* this kernel does not have it */
            continue;
        }
        if (connect(fd, (struct sockaddr *)&sa, size) == 0) {
            assert_int_equal(
                getpeername(fd, (struct sockaddr *)&peer, &peer_size), 0);
            assert_memory_equal(&peer, &sa, size);
            assert_false(forward_socket_goes_to(fd, &here, port));
        }
        close(fd);
    }
    close(l);
}

static void
test_an_unconnected_tcp_socket(void **state)
{
    int l = loopback_listen("127.0.0.1", 1);
    int connected = loopback_connect("127.0.0.1", loopback_port(l));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 262); /* MPTCP */

    (void)state;
    assert_true(forward_socket_is_fresh(fd, ADDRESS_V4));
    assert_false(forward_socket_is_fresh(fd, ADDRESS_V6));
    assert_false(forward_socket_is_fresh(l, ADDRESS_V4));
    assert_false(forward_socket_is_fresh(connected, ADDRESS_V4));
    assert_false(forward_socket_is_fresh(datagram, ADDRESS_V4));
    assert_false(forward_socket_is_fresh(local, ADDRESS_V4));
    assert_false(forward_socket_is_fresh(other, ADDRESS_V4));
    assert_false(forward_socket_is_fresh(STDIN_FILENO, ADDRESS_V4));
    assert_false(forward_socket_is_fresh(-1, ADDRESS_V4));
    close(fd);
    close(connected);
    close(l);
    close(datagram);
    close(local);
    if (other >= 0) {
        close(other);
    }
}

/* Root may make one, and everybody in a namespace of his own. */
static void
test_a_raw_socket_is_not_tcp(void **state)
{
    int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);

    (void)state;
    if (raw < 0) {
        skip();
    }
    assert_false(forward_socket_is_fresh(raw, ADDRESS_V4));
    close(raw);
}

static void
test_one_that_is_still_dialling_is_not_fresh(void **state)
{
    int l = loopback_listen("127.0.0.1", 0);
    uint16_t port = loopback_port(l);
    int fds[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        fds[i] = loopback_connect("127.0.0.1", port);
    }
    assert_false(forward_socket_is_fresh(fds[2], ADDRESS_V4));
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
    close(l);
}

/* The alarm would end the test: closing waits for what cannot go out. */
static void
test_dropping_one_does_not_wait(void **state)
{
    static const uint8_t bytes[65536];
    const struct linger on = {.l_onoff = 1, .l_linger = 1000};
    int l = loopback_listen("127.0.0.1", 1);
    int fd = loopback_connect("127.0.0.1", loopback_port(l));

    (void)state;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &on, sizeof(on)), 0);
    while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
    alarm(5);
    forward_socket_drop(&fd);
    alarm(0);
    assert_int_equal(fd, -1);
    forward_socket_drop(&fd);
    close(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tcp_connection_goes_where_it_should),
        cmocka_unit_test(test_a_connection_by_path),
        cmocka_unit_test(test_other_sockets_of_the_family),
        cmocka_unit_test(test_other_protocols_with_the_same_addresses),
        cmocka_unit_test(test_an_unconnected_tcp_socket),
        cmocka_unit_test(test_a_raw_socket_is_not_tcp),
        cmocka_unit_test(test_one_that_is_still_dialling_is_not_fresh),
        cmocka_unit_test(test_dropping_one_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
