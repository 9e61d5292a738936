#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <uv.h>

#include "server/dialer/path_dial.h"
#include "server/limits.h"
#include "tests/unit/server/dialer/scratch_path.h"

struct fixture {
    struct scratch_path scratch;
    uv_loop_t loop;
    struct path_dial dial;
    struct msg_dial_path message;
    int calls;
    struct msg_connected last;
    int fd;
};

static struct fixture f;

static void
on_report(void *arg, const struct msg_connected *m, int fd)
{
    assert_ptr_equal(arg, &f);
    f.calls++;
    f.last = *m;
    f.fd = fd;
}

static int
begin(void **state)
{
    (void)state;
    f = (struct fixture){.fd = -1};
    scratch_path_init(&f.scratch);
    assert_int_equal(uv_loop_init(&f.loop), 0);
    path_dial_init(&f.dial, &f.loop, on_report, &f);
    f.message = (struct msg_dial_path){.id = 7, .path = f.scratch.path};
    return 0;
}

static int
end(void **state)
{
    (void)state;
    path_dial_done(&f.dial);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f.loop), 0);
    assert_int_equal(f.dial.count, 0);
    if (f.fd >= 0) {
        close(f.fd);
    }
    scratch_path_done(&f.scratch);
    return 0;
}

static void
test_what_is_known_is_reported_at_once(void **state)
{
    int l = -1;

    (void)state;
    path_dial_start(&f.dial, &f.message);
    assert_int_equal(f.calls, 1);
    assert_int_equal(f.last.id, 7);
    assert_int_equal(f.last.error, -ENOENT);
    assert_int_equal(f.fd, -1);
    l = scratch_path_listen(&f.scratch, SOCK_STREAM, 1);
    path_dial_start(&f.dial, &f.message);
    assert_int_equal(f.calls, 2);
    assert_int_equal(f.last.error, 0);
    assert_true(f.fd >= 0);
    close(l);
}

static void
test_a_full_queue_is_waited_for(void **state)
{
    int l = scratch_path_listen(&f.scratch, SOCK_STREAM, 0);
    int first = scratch_path_connect(&f.scratch);

    (void)state;
    path_dial_start(&f.dial, &f.message);
    assert_int_equal(f.calls, 0);
    close(accept(l, NULL, NULL));
    while (f.calls == 0) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    assert_int_equal(f.last.error, 0);
    assert_true(f.fd >= 0);
    close(first);
    close(l);
}

static void
test_a_queue_that_stays_full_is_given_up(void **state)
{
    int l = scratch_path_listen(&f.scratch, SOCK_STREAM, 0);
    int first = scratch_path_connect(&f.scratch);

    (void)state;
    path_dial_start(&f.dial, &f.message);
    while (f.calls == 0) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    assert_int_equal(f.last.id, 7);
    assert_int_equal(f.last.error, -EAGAIN);
    assert_int_equal(f.fd, -1);
    close(first);
    close(l);
}

static void
test_a_cancelled_one_is_not_reported(void **state)
{
    int l = scratch_path_listen(&f.scratch, SOCK_STREAM, 0);
    int first = scratch_path_connect(&f.scratch);

    (void)state;
    path_dial_start(&f.dial, &f.message);
    f.message.id = 8;
    path_dial_start(&f.dial, &f.message);
    path_dial_cancel(&f.dial, 99);
    path_dial_cancel(&f.dial, 7);
    path_dial_cancel(&f.dial, 7);
    assert_int_equal(f.dial.count, 1);
    path_dial_done(&f.dial);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    assert_int_equal(f.calls, 0);
    close(first);
    close(l);
}

static void
test_waits_have_a_ceiling(void **state)
{
    int l = scratch_path_listen(&f.scratch, SOCK_STREAM, 0);
    int first = scratch_path_connect(&f.scratch);

    (void)state;
    for (int i = 0; i < LIMIT_DIALS; i++) {
        path_dial_start(&f.dial, &f.message);
    }
    assert_int_equal(f.calls, 0);
    path_dial_start(&f.dial, &f.message);
    assert_int_equal(f.calls, 1);
    assert_int_equal(f.last.error, -EAGAIN);
    close(first);
    close(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_known_is_reported_at_once,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_a_full_queue_is_waited_for, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_a_queue_that_stays_full_is_given_up, begin, end),
        cmocka_unit_test_setup_teardown(test_a_cancelled_one_is_not_reported,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_waits_have_a_ceiling, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
