/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/spawn.h"
#include "server/ipc/link.h"
#include "server/limits.h"
#include "server/listener/connections.h"
#include "tests/unit/server/hanging_process.h"
#include "tests/unit/server/moved_clock.h"

#define GRACE_S 3
#define EARLY                                                                  \
    200U /* milliseconds of the real clock that may pass meanwhile             \
          */

static pid_t monitor;
static int link_end; /* the monitor's */
static int ends, kills;
static struct connection_end last;

/* In place of a monitor: a process with a group of its own that hangs. */
int
spawn_start(const struct spawn *spawn, pid_t *ret)
{
    assert_string_equal(spawn->name, "portcullis-monitor");
    *ret = monitor = hanging_process();
    assert_int_equal(setpgid(monitor, monitor), 0);
    link_end = dup(spawn->fds[2]);
    return 0;
}

/* Counted, for a process may take its time to go. */
int
kill(pid_t pid, int signal)
{
    assert_int_equal(pid, -monitor);
    assert_int_equal(signal, SIGKILL);
    kills++;
    return (int)syscall(SYS_kill, pid, signal);
}

static void
on_gone(void *arg, const struct connection_end *end)
{
    (void)arg;
    ends++;
    last = *end;
}

static void
begin(uv_loop_t *loop, struct connections *all, uint64_t grace_time_s)
{
    const struct connection_start start = {
        .bundle = -1,
        .client = -1,
        .grace_time_s = grace_time_s,
    };

    ends = kills = 0;
    assert_int_equal(uv_loop_init(loop), 0);
    connections_init(all, loop, on_gone, NULL);
    assert_int_equal(connections_start(all, &start), 0);
    assert_int_equal(all->count, 1);
    assert_int_equal(all->waiting, 1);
}

static void
finish(uv_loop_t *loop, struct connections *all)
{
    siginfo_t info;

    assert_int_equal(waitid(P_PID, (id_t)monitor, &info, WEXITED | WNOWAIT), 0);
    connections_reap(all);
    assert_int_equal(ends, 1);
    assert_int_equal(all->count, 0);
    close(link_end);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

static void
test_a_monitor_that_misses_the_grace_time_is_killed(void **state)
{
    struct connections all;
    uv_loop_t loop;

    (void)state;
    begin(&loop, &all, GRACE_S);
    moved_clock_pass(&loop, GRACE_S * 1000 + GRACE_OVERDUE_MS - EARLY);
    assert_int_equal(kills, 0);
    moved_clock_pass(&loop, EARLY);
    assert_int_equal(kills, 1);
    finish(&loop, &all);
    assert_true(WIFSIGNALED(last.status));
    assert_int_equal(WTERMSIG(last.status), SIGKILL);
    assert_int_equal(last.why, PENALTY_GRACE_EXCEEDED);
}

static void
test_no_grace_time_is_for_ever(void **state)
{
    struct connections all;
    uv_loop_t loop;

    (void)state;
    begin(&loop, &all, 0);
    moved_clock_pass(&loop, 3600 * 1000 + GRACE_OVERDUE_MS);
    assert_int_equal(kills, 0);
    kill(-monitor, SIGKILL);
    finish(&loop, &all);
    assert_int_not_equal(last.why, PENALTY_GRACE_EXCEEDED);
}

/* The next event of the same iteration: has the answer left? */
static void
on_next_event(uv_poll_t *poll, int status, int events)
{
    char byte;

    (void)status;
    (void)events;
    *(bool *)poll->data = recv(link_end, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    uv_close((uv_handle_t *)poll, NULL);
}

/* It may be that of clients who connect, and that start monitors. */
static void
test_who_is_admitted_does_not_wait_for_other_events(void **state)
{
    const struct msg_admit m = {.uid = 7, .limit = 1};
    struct connections all;
    uv_loop_t loop;
    uv_poll_t poll;
    bool is_answered = false;
    int pipe_ends[2];

    (void)state;
    begin(&loop, &all, 0);
    assert_int_equal(pipe(pipe_ends), 0);
    uv_poll_init(&loop, &poll, pipe_ends[0]);
    poll.data = &is_answered;
    uv_poll_start(&poll, UV_READABLE, on_next_event);
    uv_run(&loop, UV_RUN_NOWAIT); /* the kernel knows both */
    assert_int_equal(link_send(link_end, MSG_ADMIT, &m, -1), 0);
    assert_int_equal(write(pipe_ends[1], "x", 1), 1);
    uv_run(&loop, UV_RUN_ONCE);
    assert_true(is_answered);
    kill(-monitor, SIGKILL);
    finish(&loop, &all);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_monitor_that_misses_the_grace_time_is_killed),
        cmocka_unit_test(test_no_grace_time_is_for_ever),
        cmocka_unit_test(test_who_is_admitted_does_not_wait_for_other_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
