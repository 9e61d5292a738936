/* libssh's question whether its socket is ready, and who answers it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/ssh/hooks.h"

static int ours, peers;

static int
prepare(void **state)
{
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    ours = pair[0];
    peers = pair[1];
    hooks_guard_input(ours);
    hooks_expect_input(false);
    hooks_open_gate(true);
    return 0;
}

static int
drop(void **state)
{
    (void)state;
    close(ours);
    close(peers);
    return 0;
}

static bool
has_input(void)
{
    struct pollfd ask = {.fd = ours, .events = POLLIN};

    return poll(&ask, 1, 0) == 1 && ask.revents == POLLIN;
}

static void
test_the_kernel_is_asked_when_nothing_is_known(void **state)
{
    (void)state;
    assert_false(has_input());
    assert_int_equal(send(peers, "x", 1, 0), 1);
    assert_true(has_input());
}

/* Nothing is there in truth: who asks is not the kernel. */
static void
test_what_is_there_for_sure_is_not_asked_for(void **state)
{
    (void)state;
    hooks_expect_input(true);
    assert_true(has_input());
}

static void
test_it_is_known_for_one_read(void **state)
{
    char bytes[8];

    (void)state;
    assert_int_equal(send(peers, "12345678", 8, 0), 8);
    hooks_expect_input(true);
    assert_int_equal(recv(ours, bytes, sizeof(bytes), MSG_DONTWAIT), 8);
    assert_false(has_input());
    assert_int_equal(send(peers, "x", 1, 0), 1);
    assert_true(has_input());
}

static void
test_a_shut_gate_hides_it(void **state)
{
    (void)state;
    hooks_expect_input(true);
    hooks_open_gate(false);
    assert_false(has_input());
    hooks_open_gate(true);
    assert_true(has_input());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_the_kernel_is_asked_when_nothing_is_known, prepare, drop),
        cmocka_unit_test_setup_teardown(
            test_what_is_there_for_sure_is_not_asked_for, prepare, drop),
        cmocka_unit_test_setup_teardown(test_it_is_known_for_one_read, prepare,
                                        drop),
        cmocka_unit_test_setup_teardown(test_a_shut_gate_hides_it, prepare,
                                        drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
