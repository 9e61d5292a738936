/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/listener/daemon.h"

static char folder[] = "/tmp/test_daemon.XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) < 0 ? -1 : 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    unlink(path_of("pid"));
    unlink(path_of("link"));
    return rmdir(folder);
}

static const char *
content_of(const char *name)
{
    static char text[64];
    FILE *f = fopen(path_of(name), "re");
    size_t size;

    assert_non_null(f);
    size = fread(text, 1, sizeof(text) - 1, f);
    text[size] = '\0';
    fclose(f);
    return text;
}

static void
write_content(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void
test_the_pid_file_names_this_process(void **state)
{
    char line[32];

    (void)state;
    snprintf(line, sizeof(line), "%ld\n", (long)getpid());
    write_content("pid", "a stale one that is longer than ours\n");
    assert_int_equal(daemon_write_pid_file(path_of("pid")), 0);
    assert_string_equal(content_of("pid"), line);
    daemon_remove_pid_file(path_of("pid"));
    assert_int_equal(access(path_of("pid"), F_OK), -1);
    daemon_remove_pid_file(path_of("pid")); /* nothing to do */
}

static void
test_the_pid_file_of_another_is_left_alone(void **state)
{
    static const char *const texts[] = {"1\n", "", "no number\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_content("pid", texts[i]);
        daemon_remove_pid_file(path_of("pid"));
        assert_string_equal(content_of("pid"), texts[i]);
    }
}

static void
test_a_pid_file_that_cannot_be_written(void **state)
{
    (void)state;
    assert_int_equal(daemon_write_pid_file(folder), -EISDIR);
    assert_int_equal(daemon_write_pid_file(path_of("none/pid")), -ENOENT);
    assert_int_equal(symlink("pid", path_of("link")), 0);
    assert_int_equal(daemon_write_pid_file(path_of("link")), -ELOOP);
}

static void
test_percent_signs_of_a_log_file(void **state)
{
    char path[PATH_MAX], expected[PATH_MAX];

    (void)state;
    assert_int_equal(daemon_log_path("/a/%P-%p%%x%q%", path), 0);
    snprintf(expected, sizeof(expected), "/a/%s-%ld%%x%%q%%",
             program_invocation_short_name, (long)getpid());
    assert_string_equal(path, expected);
}

static void
test_a_log_file_is_found_again_from_everywhere(void **state)
{
    char path[PATH_MAX], folder_path[PATH_MAX], expected[PATH_MAX + 8];

    (void)state;
    assert_int_equal(daemon_log_path("log", path), 0);
    assert_non_null(getcwd(folder_path, sizeof(folder_path)));
    snprintf(expected, sizeof(expected), "%s/log", folder_path);
    assert_string_equal(path, expected);
}

static void
test_a_log_file_s_name_is_bounded(void **state)
{
    static char pattern[PATH_MAX + 2];
    char path[PATH_MAX];

    (void)state;
    memset(pattern, 'x', sizeof(pattern) - 1);
    pattern[0] = '/';
    assert_int_equal(daemon_log_path(pattern, path), -ENAMETOOLONG);
    pattern[PATH_MAX - 1] = '\0';
    assert_int_equal(daemon_log_path(pattern, path), 0);
    assert_int_equal(strlen(path), PATH_MAX - 1);
}

static void
test_signals_of_the_parent_s_are_undone(void **state)
{
    struct sigaction child;
    sigset_t mask;

    (void)state;
    sigfillset(&mask);
    assert_int_equal(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    assert_int_equal(daemon_reset_signals(), 0);
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
    assert_int_equal(sigisemptyset(&mask), 1);
    assert_int_equal(sigaction(SIGCHLD, NULL, &child), 0);
    assert_true(child.sa_handler == SIG_DFL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_pid_file_names_this_process),
        cmocka_unit_test(test_the_pid_file_of_another_is_left_alone),
        cmocka_unit_test(test_a_pid_file_that_cannot_be_written),
        cmocka_unit_test(test_percent_signs_of_a_log_file),
        cmocka_unit_test(test_a_log_file_is_found_again_from_everywhere),
        cmocka_unit_test(test_a_log_file_s_name_is_bounded),
        cmocka_unit_test(test_signals_of_the_parent_s_are_undone),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
