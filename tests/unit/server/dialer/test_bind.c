#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <uv.h>

#include "server/base/file_limit.h"
#include "server/dialer/bind.h"
#include "server/limits.h"
#include "tests/unit/server/dialer/loopback.h"
#include "tests/unit/server/dialer/scratch_path.h"

static const char *const v4[] = {"127.0.0.1", NULL};
static const char *const both[] = {"127.0.0.1", "::1", NULL};

struct fixture {
    uv_loop_t loop;
    struct bind bind;
    int calls;
    bool go_on; /* what the callback answers */
    struct msg_incoming last;
    int fd;
};

static bool
incoming(void *arg, const struct msg_incoming *m, int fd)
{
    struct fixture *f = arg;

    f->calls++;
    f->last = *m;
    if (f->fd >= 0) {
        close(f->fd);
    }
    f->fd = fd;
    return f->go_on;
}

static void
begin(struct fixture *f)
{
    *f = (struct fixture){.go_on = true, .fd = -1};
    assert_int_equal(uv_loop_init(&f->loop), 0);
    bind_init(&f->bind, &f->loop, incoming, f);
}

static void
finish(struct fixture *f)
{
    bind_done(&f->bind);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    assert_int_equal(f->bind.count, 0);
    if (f->fd >= 0) {
        close(f->fd);
    }
}

static struct msg_bound
listen_on(struct fixture *f, uint32_t id, uint16_t port,
          const char *const *texts)
{
    struct msg_connect m = loopback_message(id, port, texts);
    struct msg_bound bound;

    bind_start(&f->bind, &m, &bound);
    assert_int_equal(bound.id, id);
    return bound;
}

static void
skip_without_v6(void)
{
    if (!loopback_has_v6()) {
        print_message("skipped: needs ::1\n");
        skip();
    }
}

static void
run_until(struct fixture *f, int calls)
{
    while (f->calls < calls) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
}

static void
test_an_accepted_connection_comes_with_its_peer(void **state)
{
    struct msg_address from = loopback_address("127.0.0.1");
    int nodelay = 0;
    socklen_t size = sizeof(nodelay);
    struct msg_bound bound;
    struct fixture f;
    int client;

    (void)state;
    begin(&f);
    bound = listen_on(&f, 5, 0, v4);
    assert_int_equal(bound.error, 0);
    assert_true(bound.port > 0);
    assert_int_equal(bound.addresses.count, 1);
    client = loopback_connect("127.0.0.1", bound.port);
    run_until(&f, 1);
    assert_int_equal(f.last.id, 5);
    assert_int_equal(f.last.peer.count, 1);
    assert_memory_equal(&f.last.peer.list[0], &from, sizeof(from));
    assert_int_equal(f.last.peer_port, loopback_port(client));
    assert_int_equal(fcntl(f.fd, F_GETFD), FD_CLOEXEC);
    assert_true((fcntl(f.fd, F_GETFL) & O_NONBLOCK) != 0);
    getsockopt(f.fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size);
    assert_int_equal(nodelay, 1);
    close(client);
    finish(&f);
}

static void
test_both_families_share_the_kernels_port(void **state)
{
    struct msg_bound bound;
    struct fixture f;
    int clients[2];

    (void)state;
    skip_without_v6();
    begin(&f);
    bound = listen_on(&f, 5, 0, both);
    assert_int_equal(bound.error, 0);
    assert_int_equal(bound.addresses.count, 2);
    clients[0] = loopback_connect("127.0.0.1", bound.port);
    run_until(&f, 1);
    assert_int_equal(f.last.peer.list[0].family, ADDRESS_V4);
    clients[1] = loopback_connect("::1", bound.port);
    run_until(&f, 2);
    assert_int_equal(f.last.peer.list[0].family, ADDRESS_V6);
    close(clients[0]);
    close(clients[1]);
    finish(&f);
}

static void
test_one_address_is_enough(void **state)
{
    static const char *const foreign[] = {"192.0.2.1", "127.0.0.1", NULL};
    static const char *const none[] = {NULL};
    struct msg_bound first, bound;
    struct fixture f;

    (void)state;
    skip_without_v6();
    begin(&f);
    first = listen_on(&f, 1, 0, v4);
    bound = listen_on(&f, 2, first.port, v4);
    assert_int_equal(bound.error, -EADDRINUSE);
    assert_int_equal(bound.addresses.count, 0);
    bound = listen_on(&f, 3, first.port, both);
    assert_int_equal(bound.error, 0);
    assert_int_equal(bound.addresses.count, 1);
    assert_int_equal(bound.addresses.list[0].family, ADDRESS_V6);
    bound = listen_on(&f, 4, 0, foreign);
    assert_int_equal(bound.error, 0);
    assert_int_equal(bound.addresses.count, 1);
    assert_int_equal(listen_on(&f, 5, 0, none).error, -EADDRNOTAVAIL);
    assert_int_equal(f.bind.count, 3);
    finish(&f);
}

/* Whether another port may help is what the first address says. */
static void
test_the_first_address_says_why(void **state)
{
    static const char *const taken[] = {"127.0.0.1", "192.0.2.1", NULL};
    struct msg_bound first;
    struct fixture f;

    (void)state;
    begin(&f);
    first = listen_on(&f, 1, 0, v4);
    assert_int_equal(listen_on(&f, 2, first.port, taken).error, -EADDRINUSE);
    finish(&f);
}

static void
test_an_ended_listener_frees_its_port(void **state)
{
    struct msg_bound bound;
    struct fixture f;

    (void)state;
    skip_without_v6();
    begin(&f);
    bound = listen_on(&f, 1, 0, both);
    bind_stop(&f.bind, 99);
    assert_int_equal(f.bind.count, 1);
    bind_stop(&f.bind, 1);
    assert_int_equal(f.bind.count, 0);
    assert_int_equal(listen_on(&f, 2, bound.port, both).addresses.count, 2);
    finish(&f);
}

static void
test_a_monitor_that_is_behind_gets_a_pause(void **state)
{
    struct msg_bound bound;
    struct fixture f;
    int clients[2];

    (void)state;
    begin(&f);
    bound = listen_on(&f, 1, 0, v4);
    f.go_on = false;
    clients[0] = loopback_connect("127.0.0.1", bound.port);
    clients[1] = loopback_connect("127.0.0.1", bound.port);
    run_until(&f, 1);
    assert_true(uv_is_active((uv_handle_t *)&f.bind.pause));
    listen_on(&f, 2, 0, v4); /* waits with the others */
    uv_run(&f.loop, UV_RUN_NOWAIT);
    assert_int_equal(f.calls, 1);
    run_until(&f, 2);
    close(clients[0]);
    close(clients[1]);
    finish(&f);
}

/* Without descriptors the loop sleeps instead of spinning. */
static void
test_a_shortage_of_descriptors_is_waited_out(void **state)
{
    struct rlimit before, none;
    struct msg_bound bound;
    struct fixture f;
    int client;

    (void)state;
    begin(&f);
    bound = listen_on(&f, 1, 0, v4);
    client = loopback_connect("127.0.0.1", bound.port);
    uv_update_time(&f.loop);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    uv_run(&f.loop, UV_RUN_ONCE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(uv_is_active((uv_handle_t *)&f.bind.pause));
    assert_int_equal(f.calls, 1); /* of somebody who cannot be accepted */
    assert_int_equal(f.last.id, 1);
    assert_int_equal(f.fd, -1);
    assert_true(uv_backend_timeout(&f.loop) > DIALER_ACCEPT_PAUSE_MS / 2);
    close(client);
    finish(&f);
}

static void
test_listeners_have_a_ceiling(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(file_limit_raise(LIMIT_DIALER_FILES), 0);
    begin(&f);
    for (uint32_t i = 0; i < LIMIT_LISTENERS; i++) {
        assert_int_equal(listen_on(&f, i, 0, v4).error, 0);
    }
    assert_int_equal(listen_on(&f, LIMIT_LISTENERS, 0, v4).error, -EAGAIN);
    finish(&f);
}

/* The kernel counts from 0, listen(2). */
static void
test_who_waits_to_be_accepted_is_counted(void **state)
{
    struct fixture f;
    uint16_t port;

    (void)state;
    begin(&f);
    port = (uint16_t)listen_on(&f, 5, 0, v4).port;
    assert_int_equal(loopback_queue("127.0.0.1", port, 2 * LIMIT_ACCEPT_QUEUE),
                     LIMIT_ACCEPT_QUEUE + 1);
    finish(&f);
}

static void
test_a_listener_on_a_path_has_no_addresses(void **state)
{
    struct scratch_path scratch;
    struct msg_dial_path m = {.id = 5, .path = scratch.path, .mask = 0177};
    struct msg_bound bound;
    struct fixture f;
    int client;

    (void)state;
    scratch_path_init(&scratch);
    begin(&f);
    bind_start_path(&f.bind, &m, &bound);
    assert_int_equal(bound.id, 5);
    assert_int_equal(bound.error, 0);
    assert_int_equal(bound.addresses.count, 0);
    client = scratch_path_connect(&scratch);
    run_until(&f, 1);
    assert_int_equal(f.last.id, 5);
    assert_int_equal(f.last.peer.count, 0);
    assert_true((fcntl(f.fd, F_GETFL) & O_NONBLOCK) != 0);
    bind_start_path(&f.bind, &m, &bound);
    assert_int_equal(bound.error, -EADDRINUSE);
    assert_int_equal(f.bind.count, 1);
    bind_stop(&f.bind, 5);
    assert_int_equal(access(scratch.path, F_OK), 0); /* as sshd leaves it */
    m.unlink = 1;
    bind_start_path(&f.bind, &m, &bound);
    assert_int_equal(bound.error, 0);
    close(client);
    finish(&f);
    scratch_path_done(&scratch);
}

static void
test_sockets_that_somebody_else_bound_are_one_listener(void **state)
{
    struct msg_bind_socket m = {.id = 9};
    struct msg_bound bound;
    struct fixture f;
    int one = loopback_listen("127.0.0.1", 5);
    int two = loopback_listen("127.0.0.2", 5);
    uint16_t port = loopback_port(one);
    int client = -1;

    (void)state;
    begin(&f);
    fcntl(one, F_SETFL, O_NONBLOCK);
    fcntl(two, F_SETFL, O_NONBLOCK);
    assert_false(bind_take(&f.bind, &m, one, &bound));
    m.is_last = 1;
    assert_true(bind_take(&f.bind, &m, two, &bound));
    assert_int_equal(bound.error, 0);
    assert_int_equal(bound.addresses.count, 2);
    client = loopback_connect("127.0.0.1", port);
    run_until(&f, 1);
    assert_int_equal(f.last.id, 9);
    close(client);
    bind_stop(&f.bind, 9);
    assert_int_equal(f.bind.count, 0);
    assert_true(bind_take(&f.bind, &m, -1, &bound)); /* none had arrived */
    assert_int_equal(bound.error, -EMFILE);
    assert_int_equal(bound.addresses.count, 0);
    finish(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_sockets_that_somebody_else_bound_are_one_listener),
        cmocka_unit_test(test_an_accepted_connection_comes_with_its_peer),
        cmocka_unit_test(test_both_families_share_the_kernels_port),
        cmocka_unit_test(test_one_address_is_enough),
        cmocka_unit_test(test_the_first_address_says_why),
        cmocka_unit_test(test_an_ended_listener_frees_its_port),
        cmocka_unit_test(test_a_monitor_that_is_behind_gets_a_pause),
        cmocka_unit_test(test_a_shortage_of_descriptors_is_waited_out),
        cmocka_unit_test(test_listeners_have_a_ceiling),
        cmocka_unit_test(test_who_waits_to_be_accepted_is_counted),
        cmocka_unit_test(test_a_listener_on_a_path_has_no_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
