/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>

#include "tests/unit/server/ipc/uvlink_fixture.h"

/* Who leaves the loop for good, with more to say than a socket takes. */

#define LAST_WORDS 20000 /* far more than a socket takes */

/* Reads all there is, in a process of its own: 0 when nothing is missing. */
static int
read_last_words(int other)
{
    static struct frame f;
    struct pollfd ready = {.fd = other, .events = POLLIN};
    uint32_t expected = 1;

    for (;;) {
        int r = link_recv(other, ROUTE_MONITOR_TO_SESSION, PHASE_ANY, &f);
        struct msg_id m;

        if (r == -EAGAIN) {
            poll(&ready, 1, -1);
        } else if (r < 0) {
            return r == -EPIPE && expected == LAST_WORDS + 1 ? 0 : 1;
        } else if (frame_decode(&f, &m) < 0 || m.id != expected++) {
            return 1;
        }
    }
}

static void
say_last_words(struct seen *s)
{
    for (uint32_t i = 1; i <= LAST_WORDS; i++) {
        const struct msg_id m = {.id = i};

        assert_int_equal(uvlink_send(s->link, MSG_PING, &m, -1), 0);
    }
    assert_true(uvlink_queued(s->link) > 0);
}

static void
test_who_leaves_is_heard_to_the_end(void **state)
{
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s), status = -1;
    pid_t child;

    (void)state;
    say_last_words(&s);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uv_loop_fork(&loop);
        uvlink_close(s.link); /* the end of file is the parent's */
        _exit(read_last_words(other));
    }
    uvlink_drain(s.link);
    assert_int_equal(uvlink_queued(s.link), 0);
    finish(&loop, &s, other);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
test_who_leaves_does_not_wait_for_a_peer_that_is_gone(void **state)
{
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);
    uint64_t start_ns = uv_hrtime();

    (void)state;
    say_last_words(&s);
    close(other);
    uvlink_drain(s.link);
    assert_true(uv_hrtime() - start_ns < LINK_PATIENCE_MS * 1000000ULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(s.ends, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void
test_who_leaves_waits_for_a_peer_that_hangs_not_for_ever(void **state)
{
    struct seen s = {0};
    uv_loop_t loop;
    int other = start(&loop, &s);

    (void)state;
    say_last_words(&s);
    uvlink_drain(s.link);
    assert_true(uvlink_queued(s.link) > 0);
    finish(&loop, &s, other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_leaves_is_heard_to_the_end),
        cmocka_unit_test(test_who_leaves_does_not_wait_for_a_peer_that_is_gone),
        cmocka_unit_test(
            test_who_leaves_waits_for_a_peer_that_hangs_not_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
