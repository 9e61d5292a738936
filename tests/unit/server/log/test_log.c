/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "server/log/log.h"

/* stderr is a file in memory while write_line() runs. */
static const char *
write_line(enum log_level level, const char *text)
{
    static char seen[2 * LOG_LINE_MAX];
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    int file = memfd_create("log", MFD_CLOEXEC);
    ssize_t n;

    assert_true(saved >= 0 && file >= 0);
    assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
    log_line(level, "%s", text);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    n = pread(file, seen, sizeof(seen) - 1, 0);
    assert_true(n >= 0);
    seen[n] = '\0';
    close(saved);
    close(file);
    return seen;
}

static void
open_stderr(enum log_level level)
{
    log_open("portcullisd", LOG_TO_STDERR, LOG_AUTH, level);
    log_set_preauth(false);
}

static void
test_lines_on_stderr_have_a_name_a_pid_and_a_prefix(void **state)
{
    static const struct {
        enum log_level level;
        const char *prefix;
    } rows[] = {
        {LOG_LEVEL_FATAL, "fatal: "},   {LOG_LEVEL_ERROR, "error: "},
        {LOG_LEVEL_INFO, ""},           {LOG_LEVEL_VERBOSE, ""},
        {LOG_LEVEL_DEBUG1, "debug1: "}, {LOG_LEVEL_DEBUG3, "debug3: "},
    };
    char expected[64];

    (void)state;
    open_stderr(LOG_LEVEL_DEBUG3);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(expected, sizeof(expected), "portcullisd[%ld]: %shello\n",
                 (long)getpid(), rows[i].prefix);
        assert_string_equal(write_line(rows[i].level, "hello"), expected);
    }
}

static void
test_a_terminal_gets_the_bare_message(void **state)
{
    (void)state;
    log_open("portcullisd", LOG_TO_TERMINAL, LOG_AUTH, LOG_LEVEL_DEBUG1);
    assert_string_equal(write_line(LOG_LEVEL_ERROR, "no"), "no\n");
    assert_string_equal(write_line(LOG_LEVEL_INFO, "yes"), "yes\n");
    assert_string_equal(write_line(LOG_LEVEL_DEBUG1, "x"), "debug1: x\n");
}

static void
test_levels_above_the_limit_are_silent(void **state)
{
    (void)state;
    open_stderr(LOG_LEVEL_INFO);
    assert_true(log_wants(LOG_LEVEL_INFO));
    assert_false(log_wants(LOG_LEVEL_VERBOSE));
    assert_string_equal(write_line(LOG_LEVEL_VERBOSE, "hello"), "");
    log_set_level(LOG_LEVEL_QUIET);
    assert_string_equal(write_line(LOG_LEVEL_FATAL, "hello"), "");
    assert_string_equal(write_line(LOG_LEVEL_QUIET, "hello"), "");
}

static void
test_before_a_login_lines_say_so(void **state)
{
    (void)state;
    open_stderr(LOG_LEVEL_INFO);
    log_set_preauth(true);
    assert_non_null(strstr(write_line(LOG_LEVEL_INFO, "a"), ": a [preauth]\n"));
    log_set_preauth(false);
    assert_null(strstr(write_line(LOG_LEVEL_INFO, "a"), "preauth"));
}

static void
test_a_message_is_one_line_and_bounded(void **state)
{
    char text[3 * LOG_LINE_MAX];
    const char *seen = NULL;

    (void)state;
    open_stderr(LOG_LEVEL_INFO);
    assert_non_null(strstr(write_line(LOG_LEVEL_INFO, "a\nb"), "a\\012b\n"));
    memset(text, '\n', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    seen = write_line(LOG_LEVEL_INFO, text);
    assert_true(strlen(seen) <= LOG_LINE_MAX + 32);
    assert_ptr_equal(strchr(seen, '\n'), seen + strlen(seen) - 1);
}

static void
test_errno_is_kept(void **state)
{
    (void)state;
    open_stderr(LOG_LEVEL_QUIET);
    errno = ERANGE;
    log_line(LOG_LEVEL_INFO, "hello");
    assert_int_equal(errno, ERANGE);
    log_set_level(LOG_LEVEL_INFO);
    errno = ERANGE;
    write_line(LOG_LEVEL_INFO, "hello");
    log_open("portcullisd", LOG_TO_SYSLOG, LOG_AUTH, LOG_LEVEL_INFO);
    errno = ERANGE;
    log_line(LOG_LEVEL_INFO, "hello");
    assert_int_equal(errno, ERANGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_on_stderr_have_a_name_a_pid_and_a_prefix),
        cmocka_unit_test(test_a_terminal_gets_the_bare_message),
        cmocka_unit_test(test_levels_above_the_limit_are_silent),
        cmocka_unit_test(test_before_a_login_lines_say_so),
        cmocka_unit_test(test_a_message_is_one_line_and_bounded),
        cmocka_unit_test(test_errno_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
