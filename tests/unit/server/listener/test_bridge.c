/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/installation.h"
#include "server/listener/bridge.h"

/* A client's two pipes, the bridge, and the socket of a session. */
struct fixture {
    int to_bridge, from_bridge; /* the client's ends */
    int session;
    struct bridge bridge;
    uv_loop_t loop;
    int overs;
};

static struct fixture f;

static int
set_up(void **state)
{
    int in[2], out[2];

    (void)state;
    f = (struct fixture){.session = -1};
    if (geteuid() == 0 && getpwnam(INSTALLATION_ACCOUNT) == NULL) {
        return 0; /* the copiers would not start; skipped, see start() */
    }
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    f.to_bridge = in[1];
    f.from_bridge = out[0];
    assert_int_equal(uv_loop_init(&f.loop), 0);
    assert_int_equal(bridge_start(&f.bridge, in[0], out[1], &f.session), 0);
    close(in[0]);
    close(out[1]);
    assert_int_equal(bridge_watch(&f.bridge, &f.loop), 0);
    alarm(30);
    return 0;
}

static void
start(void)
{
    if (f.session < 0) {
        print_message("skipped: there is no account " INSTALLATION_ACCOUNT
                      "\n");
        skip();
    }
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    uv_close(handle, NULL);
}

static int
tear_down(void **state)
{
    (void)state;
    alarm(0);
    if (f.bridge.copiers[0].pid == 0) {
        return 0;
    }
    for (int i = 0; i < BRIDGE_WAYS; i++) {
        kill(f.bridge.copiers[i].pid, SIGKILL);
        waitpid(f.bridge.copiers[i].pid, NULL, 0);
    }
    uv_walk(&f.loop, close_handle, NULL);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    uv_loop_close(&f.loop);
    fd_close(&f.to_bridge);
    fd_close(&f.from_bridge);
    fd_close(&f.session);
    return 0;
}

static void
on_over(void *arg)
{
    struct fixture *fixture = arg;

    fixture->overs++;
    uv_stop(&fixture->loop);
}

/* Exactly what is expected arrives, or the end for "". */
static void
assert_reads(int fd, const char *expected)
{
    char got[64];
    size_t used = 0;
    size_t size = strlen(expected);

    do {
        ssize_t n = read(fd, got + used, sizeof(got) - used);

        assert_true(n >= 0);
        if (n == 0) {
            break;
        }
        used += (size_t)n;
    } while (used < size);
    assert_int_equal(used, size);
    assert_memory_equal(got, expected, size);
}

/* Afterwards both copiers have let go of our ends, which they inherited. */
static void
assert_copies(void)
{
    assert_int_equal(write(f.to_bridge, "hello", 5), 5);
    assert_reads(f.session, "hello");
    assert_int_equal(write(f.session, "welcome", 7), 7);
    assert_reads(f.from_bridge, "welcome");
}

static void
test_both_ways_are_copied(void **state)
{
    (void)state;
    start();
    assert_copies();
}

static void
test_the_client_s_end_is_passed_on(void **state)
{
    (void)state;
    start();
    assert_copies();
    assert_int_equal(write(f.to_bridge, "last", 4), 4);
    fd_close(&f.to_bridge);
    while (!f.bridge.copiers[BRIDGE_FROM_CLIENT].ended) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    assert_reads(f.session, "last");
    assert_reads(f.session, "");
    assert_int_equal(write(f.session, "bye", 3), 3);
    assert_reads(f.from_bridge, "bye");
}

static void
test_a_client_that_takes_nothing_ends_all(void **state)
{
    (void)state;
    start();
    assert_copies();
    fd_close(&f.from_bridge);
    assert_int_equal(write(f.session, "x", 1), 1);
    while (!f.bridge.copiers[BRIDGE_TO_CLIENT].ended) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    assert_reads(f.session, "");
    assert_int_equal(send(f.session, "x", 1, MSG_NOSIGNAL), -1);
    assert_int_equal(errno, EPIPE);
}

static void
test_the_last_words_are_written_before_it_is_over(void **state)
{
    (void)state;
    start();
    assert_int_equal(write(f.session, "words", 5), 5);
    fd_close(&f.session);
    bridge_finish(&f.bridge, on_over, &f);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    assert_int_equal(f.overs, 1);
    assert_reads(f.from_bridge, "words");
    assert_reads(f.from_bridge, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_ways_are_copied, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_client_s_end_is_passed_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_client_that_takes_nothing_ends_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_the_last_words_are_written_before_it_is_over, set_up,
            tear_down),
    };

    signal(SIGPIPE, SIG_DFL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
