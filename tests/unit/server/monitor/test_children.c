#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/monitor/children.h"
#include "tests/unit/server/hanging_process.h"

static pid_t gone[LIMIT_CHILDREN];
static size_t gone_count;

/* In place of a program. */
int
spawn_start(const struct spawn *spawn, pid_t *ret)
{
    assert_string_equal(spawn->name, "portcullis-dialer");
    *ret = hanging_process();
    return 0;
}

static void
on_gone(void *arg, const struct child *child, int status)
{
    assert_null(arg);
    assert_true(child->was_killed);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    gone[gone_count++] = child->pid;
}

/* Wait for so many ends. */
static void
reap(struct children *c, size_t count)
{
    gone_count = 0;
    while (gone_count < count) {
        siginfo_t info;

        assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
        children_reap(c, on_gone, NULL);
    }
    assert_int_equal(gone_count, count);
}

static void
test_a_full_table_takes_one_when_one_has_gone(void **state)
{
    const struct spawn spawn = {.name = "portcullis-dialer"};
    struct children c = {.count = 0};
    pid_t pid = 0, third;

    (void)state;
    for (int i = 0; i < LIMIT_CHILDREN; i++) {
        assert_int_equal(children_start(&c, &spawn, &pid), 0);
    }
    assert_int_equal(children_start(&c, &spawn, &pid), -EAGAIN);
    assert_int_equal(c.count, LIMIT_CHILDREN);

    third = c.list[2].pid;
    children_kill(&c, getpid()); /* none of ours */
    children_kill(&c, third);
    reap(&c, 1);
    assert_int_equal(gone[0], third);
    assert_int_equal(c.count, LIMIT_CHILDREN - 1);
    assert_int_equal(children_start(&c, &spawn, &pid), 0);
    assert_int_equal(children_start(&c, &spawn, &pid), -EAGAIN);

    children_kill_all(&c);
    reap(&c, LIMIT_CHILDREN);
    assert_int_equal(c.count, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_table_takes_one_when_one_has_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
