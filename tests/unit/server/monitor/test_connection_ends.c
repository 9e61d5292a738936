#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "server/limits.h"
#include "server/monitor/connection.h"
#include "tests/unit/server/hanging_process.h"
#include "tests/unit/server/moved_clock.h"

#define EARLY                                                                  \
    200U /* milliseconds of the real clock that may pass meanwhile             \
          */

/* A connection before its login, of which only the clock is there. */
static void
begin(struct connection *c)
{
    static const struct settings settings;

    *c = (struct connection){.client = -1, .settings = &settings};
    assert_int_equal(uv_loop_init(&c->loop), 0);
    uv_timer_init(&c->loop, &c->end_timer);
    uv_timer_init(&c->loop, &c->grace);
    uv_timer_init(&c->loop, &c->connect_timer);
    uv_timer_init(&c->loop, &c->lifetime_timer);
    c->end_timer.data = c;
}

static void
on_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    uv_close(handle, NULL);
}

static void
finish(struct connection *c)
{
    uv_walk(&c->loop, on_handle, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c->loop), 0);
}

static void
test_nobody_waits_for_nobody(void **state)
{
    struct connection c;

    (void)state;
    begin(&c);
    connection_end(&c);
    assert_int_equal(c.state, CONNECTION_ENDED);
    assert_true(moved_clock_until_stopped(&c.loop) < EARLY);
    finish(&c);
}

/* And one that not even that ends, or so it looks, is left behind. */
static void
test_a_process_that_stays_is_killed(void **state)
{
    struct connection c;
    int status = 0;
    uint64_t took;
    pid_t pid;

    (void)state;
    begin(&c);
    pid = hanging_process();
    c.children.list[c.children.count++] =
        (struct child){.pid = pid, .name = "portcullis-session"};
    connection_end(&c);
    moved_clock_pass(&c.loop, END_GRACE_MS - EARLY);
    assert_false(c.children.list[0].was_killed);
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
    moved_clock_pass(&c.loop, EARLY);
    assert_true(c.children.list[0].was_killed);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    took = moved_clock_until_stopped(&c.loop);
    assert_in_range(took, KILL_GRACE_MS - EARLY, KILL_GRACE_MS + EARLY);
    finish(&c);
}

static void
test_a_session_that_says_no_goodbye(void **state)
{
    struct connection c;

    (void)state;
    begin(&c);
    connection_disconnect(&c, DISCONNECT_BY_APPLICATION, "a test");
    assert_int_equal(c.state, CONNECTION_LEAVING);
    moved_clock_pass(&c.loop, DISCONNECT_GRACE_MS - EARLY);
    assert_int_equal(c.state, CONNECTION_LEAVING);
    moved_clock_pass(&c.loop, EARLY);
    assert_int_equal(c.state, CONNECTION_ENDED);
    finish(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_waits_for_nobody),
        cmocka_unit_test(test_a_process_that_stays_is_killed),
        cmocka_unit_test(test_a_session_that_says_no_goodbye),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
