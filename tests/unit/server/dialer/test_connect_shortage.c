#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "server/dialer/connect.h"
#include "tests/unit/server/dialer/loopback.h"

/* Milliseconds: between two attempts, and until a test is given up. */
#define SOON 20U
#define PATIENCE 20000U

struct seen {
    int calls, error, fd;
    uint32_t index;
};

static void
report(void *arg, const struct msg_connected *m, int fd)
{
    struct seen *s = arg;

    *s = (struct seen){s->calls + 1, m->error, fd, m->index};
}

/* One dial on a loop of its own. */
struct trial {
    uv_loop_t loop;
    struct connect connect;
    struct seen seen;
};

static void
trial_begin(struct trial *t)
{
    t->seen = (struct seen){.fd = -1};
    assert_int_equal(uv_loop_init(&t->loop), 0);
    connect_init(&t->connect, &t->loop, SOON, report, &t->seen);
}

/* For so long, or until there is a report. */
static void
trial_run(struct trial *t, uint64_t ms)
{
    uint64_t start = uv_hrtime();

    while (t->seen.calls == 0 && uv_hrtime() - start < ms * 1000000) {
        uv_run(&t->loop, UV_RUN_NOWAIT);
    }
}

static void
trial_end(struct trial *t)
{
    connect_done(&t->connect);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&t->loop), 0);
    if (t->seen.fd >= 0) {
        close(t->seen.fd);
    }
}

/* Every number below the new limit is taken. */
static struct rlimit
take_all_descriptors(void)
{
    struct rlimit before, none;
    int lowest = dup(STDERR_FILENO);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    close(lowest);
    none = before;
    none.rlim_cur = (rlim_t)lowest;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return before;
}

static void
give_back(const struct rlimit *before)
{
    assert_int_equal(setrlimit(RLIMIT_NOFILE, before), 0);
}

/* It is tried again while the first one is still under way. */
static void
test_an_address_outlives_a_shortage(void **state)
{
    static const char *const two[] = {"127.0.0.1", "127.0.0.2", NULL};
    struct blackhole b = blackhole_new();
    int l = quiet_listener("127.0.0.2", b.port);
    struct msg_connect m = loopback_message(7, b.port, two);
    struct rlimit enough;
    struct trial t;

    (void)state;
    trial_begin(&t);
    connect_start(&t.connect, &m);
    enough = take_all_descriptors();
    trial_run(&t, 3 * SOON);
    give_back(&enough);
    assert_int_equal(t.seen.calls, 0);
    assert_unseen(l);
    trial_run(&t, PATIENCE);
    assert_int_equal(t.seen.calls, 1);
    assert_int_equal(t.seen.error, 0);
    assert_int_equal(t.seen.index, 1);
    trial_end(&t);
    close(l);
    blackhole_end(&b);
}

/* There is nothing to wait for. */
static void
test_a_shortage_with_nothing_under_way_is_told(void **state)
{
    static const char *const two[] = {"127.0.0.1", "127.0.0.2", NULL};
    struct msg_connect m = loopback_message(7, 1, two);
    struct rlimit enough;
    struct trial t;

    (void)state;
    trial_begin(&t);
    enough = take_all_descriptors();
    connect_start(&t.connect, &m);
    give_back(&enough);
    assert_int_equal(t.seen.calls, 1);
    assert_int_equal(t.seen.error, -EMFILE);
    assert_int_equal(t.seen.fd, -1);
    trial_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_outlives_a_shortage),
        cmocka_unit_test(test_a_shortage_with_nothing_under_way_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
