#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/limits.h"
#include "server/monitor/watchdog.h"
#include "tests/unit/server/moved_clock.h"

#define EARLY                                                                  \
    100U /* milliseconds of the real clock that may pass meanwhile             \
          */

static int pings, breaches;

void
connection_send(struct connection *c, enum msg_type type, const void *body,
                int fd)
{
    const struct msg_id *ping = body;

    (void)c;
    assert_int_equal(type, MSG_PING);
    assert_int_equal(fd, -1);
    assert_int_equal(ping->id, ++pings);
}

void
connection_breach(struct connection *c, const char *what)
{
    assert_string_equal(what, "the session does not answer");
    breaches++;
    watchdog_stop(c->watchdog);
}

static void
begin(struct connection *c)
{
    pings = breaches = 0;
    *c = (struct connection){.client = -1};
    assert_int_equal(uv_loop_init(&c->loop), 0);
    assert_int_equal(watchdog_start(c), 0);
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
    watchdog_stop(c->watchdog);
    uv_walk(&c->loop, on_handle, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c->loop), 0);
    watchdog_free(c->watchdog);
}

static void
test_a_session_that_is_silent_is_ended(void **state)
{
    struct connection c;

    (void)state;
    begin(&c);
    for (int asked = 1; asked <= LIMIT_PINGS; asked++) {
        moved_clock_pass(&c.loop, PING_INTERVAL_MS - EARLY);
        assert_int_equal(pings, asked - 1);
        moved_clock_pass(&c.loop, EARLY);
        assert_int_equal(pings, asked);
    }
    moved_clock_pass(&c.loop, PING_INTERVAL_MS - EARLY);
    assert_int_equal(breaches, 0);
    moved_clock_pass(&c.loop, EARLY);
    assert_int_equal(breaches, 1);
    assert_int_equal(pings, LIMIT_PINGS);
    finish(&c);
}

static void
test_an_answer_counts_for_all_before_it(void **state)
{
    struct connection c;

    (void)state;
    begin(&c);
    for (int round = 0; round < 5; round++) {
        for (int asked = 0; asked < LIMIT_PINGS; asked++) {
            moved_clock_pass(&c.loop, PING_INTERVAL_MS);
        }
        watchdog_pong(c.watchdog);
    }
    assert_int_equal(pings, 5 * LIMIT_PINGS);
    assert_int_equal(breaches, 0);
    finish(&c);
}

/* A machine that slept, or a monitor that was stopped, asks again first. */
static void
test_one_long_pause_is_no_silence(void **state)
{
    struct connection c;

    (void)state;
    begin(&c);
    moved_clock_pass(&c.loop, 100 * PING_INTERVAL_MS);
    assert_int_equal(pings, 1);
    assert_int_equal(breaches, 0);
    finish(&c);
}

static void
test_the_first_question_after_the_login_comes_soon(void **state)
{
    struct connection c;

    (void)state;
    begin(&c);
    watchdog_login(c.watchdog);
    moved_clock_pass(&c.loop, PING_LOGIN_MS - EARLY);
    assert_int_equal(pings, 0);
    moved_clock_pass(&c.loop, EARLY);
    assert_int_equal(pings, 1);
    moved_clock_pass(&c.loop, PING_INTERVAL_MS - EARLY);
    assert_int_equal(pings, 1);
    moved_clock_pass(&c.loop, EARLY);
    assert_int_equal(pings, 2);
    finish(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_that_is_silent_is_ended),
        cmocka_unit_test(test_an_answer_counts_for_all_before_it),
        cmocka_unit_test(test_one_long_pause_is_no_silence),
        cmocka_unit_test(test_the_first_question_after_the_login_comes_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
