#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/sandbox/rules.h"
#include "server/sandbox/sandbox.h"

/* Run check in a child under the session's sandbox; its result. */
static int
under_sandbox(int (*check)(void))
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(sandbox_enter_session() == 0 ? check() : 99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static void
note(void *arg, const char *name, int error)
{
    static const char *const must[] = {
        "socket",
        "connect",
        "bind",
        "listen",
        "accept",
        "open",
        "kill",
        "ptrace",
        "exec",
        "fork",
        "sendto with an address",
    };
    unsigned *seen = arg;

    for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++) {
        if (strcmp(must[i], name) == 0 && error == EPERM) {
            *seen |= 1U << i;
        }
    }
}

static int
every_attempt_fails(void)
{
    unsigned seen = 0;

    if (sandbox_verify(note, &seen) != 0) {
        return 1;
    }
    return seen == (1U << 11) - 1 ? 0 : 2;
}

static void
test_what_the_session_must_not_do_fails(void **state)
{
    (void)state;
    assert_int_equal(under_sandbox(every_attempt_fails), 0);
}

static int pair[2];

static int
bytes_can_move(void)
{
    char byte = 'x';

    if (send(pair[0], &byte, 1, MSG_NOSIGNAL) != 1 ||
        recv(pair[1], &byte, 1, 0) != 1 || shutdown(pair[0], SHUT_WR) != 0) {
        return 1;
    }
    return close(pair[0]) == 0 ? 0 : 2;
}

static void
test_bytes_still_move_between_sockets_it_was_given(void **state)
{
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(under_sandbox(bytes_can_move), 0);
    close(pair[0]);
    close(pair[1]);
}

static void
test_outside_of_the_sandbox_the_proof_fails(void **state)
{
    int status = 0;
    pid_t pid = fork();

    (void)state;
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(sandbox_verify(NULL, NULL) == -EPERM ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void
test_every_rule_has_its_reason(void **state)
{
    (void)state;
    assert_true(sandbox_session_rule_count > 0);
    for (size_t i = 0; i < sandbox_session_rule_count; i++) {
        assert_true(strlen(sandbox_session_rules[i].why) > 3);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_session_must_not_do_fails),
        cmocka_unit_test(test_bytes_still_move_between_sockets_it_was_given),
        cmocka_unit_test(test_outside_of_the_sandbox_the_proof_fails),
        cmocka_unit_test(test_every_rule_has_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
