/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "server/base/interrupt.h"
#include "server/log/log.h"

#undef syslog /* a macro where clang fortifies */

/* In place of libc's, by both of its names: may it be interrupted? */
static int lines_in_syslog, interrupted_lines;

static void
take_line(void)
{
    sigset_t blocked;

    lines_in_syslog++;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    interrupted_lines += !sigismember(&blocked, SIGALRM);
}

void
syslog(int priority, const char *format, ...)
{
    (void)priority;
    (void)format;
    take_line();
}

void __syslog_chk(int priority, int flag, const char *format, ...);

void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    (void)priority;
    (void)flag;
    (void)format;
    take_line();
}

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

/* ---- lines that wait: in a child, because that cannot be undone ---- */

enum last_act { RETURN, FLUSH, EXIT, ABORT, FORK, VIOLATE };

static void
do_last(enum last_act act)
{
    switch (act) {
    case RETURN:
        _exit(0);
    case FLUSH:
        log_flush();
        _exit(0);
    case EXIT:
        exit(0);
    case ABORT:
        abort();
    case FORK:
        if (fork() == 0) {
            log_line(LOG_LEVEL_INFO, "child");
            exit(0);
        }
        wait(NULL);
        log_flush();
        _exit(0);
    case VIOLATE:
        raise(SIGSEGV);
    }
    _exit(0);
}

/* What a process wrote that holds its lines; pids are left out. */
static const char *
written(int lines, enum log_level last, enum last_act act, int *ret_status)
{
    static char seen[65536], shown[65536];
    int file = memfd_create("log", MFD_CLOEXEC);
    pid_t child = fork();
    size_t used = 0;
    ssize_t n;

    if (child == 0) {
        const struct rlimit none = {0, 0};

        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL); /* not the test program's handlers */
        signal(SIGSEGV, SIG_DFL);
        dup2(file, STDERR_FILENO);
        open_stderr(LOG_LEVEL_INFO);
        log_hold();
        for (int i = 1; i <= lines; i++) {
            log_line(i == lines ? last : LOG_LEVEL_INFO, "line %d", i);
        }
        do_last(act);
    }
    assert_int_equal(waitpid(child, ret_status, 0), child);
    n = pread(file, seen, sizeof(seen) - 1, 0);
    assert_true(n >= 0);
    seen[n] = '\0';
    close(file);
    for (char *line = strtok(seen, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s;",
                                 strstr(line, "]: ") + 3);
    }
    shown[used] = '\0';
    return shown;
}

static void
test_no_line_that_waits_is_lost(void **state)
{
    static const struct {
        const char *sentence;
        int lines;
        enum log_level last;
        enum last_act act;
        const char *written;
        int signal;
    } rows[] = {
        {"a line waits", 2, LOG_LEVEL_INFO, RETURN, "", 0},
        {"a flush writes it", 2, LOG_LEVEL_INFO, FLUSH, "line 1;line 2;", 0},
        {"so does exit()", 2, LOG_LEVEL_INFO, EXIT, "line 1;line 2;", 0},
        {"and abort()", 2, LOG_LEVEL_INFO, ABORT, "line 1;line 2;", SIGABRT},
        {"and a crash", 1, LOG_LEVEL_INFO, VIOLATE, "line 1;", SIGSEGV},
        {"fork() writes it, once", 1, LOG_LEVEL_INFO, FORK, "line 1;child;", 0},
        {"an error does not wait, nor what is before it", 2, LOG_LEVEL_ERROR,
         RETURN, "line 1;error: line 2;", 0},
        {"nor does what is fatal", 1, LOG_LEVEL_FATAL, RETURN, "fatal: line 1;",
         0},
        {"nothing is nothing", 0, LOG_LEVEL_INFO, EXIT, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int status = 0;
        const char *seen =
            written(rows[i].lines, rows[i].last, rows[i].act, &status);

        if (strcmp(seen, rows[i].written) != 0 ||
            (WIFSIGNALED(status) ? WTERMSIG(status) : 0) != rows[i].signal) {
            fail_msg("%s: \"%s\", status %d", rows[i].sentence, seen, status);
        }
    }
}

/* The pieces that a pipe gets are whole lines, and no longer than it takes. */
static void
test_many_lines_are_written_in_pieces_of_whole_lines(void **state)
{
    char text[LOG_LINE_MAX], bytes[8192];
    int pair[2];
    size_t lines = 0, pieces = 0;
    pid_t child;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    child = fork();
    if (child == 0) {
        dup2(pair[1], STDERR_FILENO);
        open_stderr(LOG_LEVEL_INFO);
        log_hold();
        for (int i = 0; i < 40; i++) {
            log_line(LOG_LEVEL_INFO, "%s", text + (i % 5) * 200);
        }
        exit(0);
    }
    close(pair[1]);
    for (;;) {
        ssize_t n = recv(pair[0], bytes, sizeof(bytes), 0);

        if (n <= 0) {
            break;
        }
        assert_true(n <= 4096 && bytes[n - 1] == '\n');
        pieces++;
        for (ssize_t i = 0; i < n; i++) {
            lines += bytes[i] == '\n';
        }
    }
    assert_int_equal(lines, 40);
    assert_true(pieces < 15);
    close(pair[0]);
    waitpid(child, NULL, 0);
}

/* The number of the process is not that of its parent. */
static void
test_a_child_has_its_own_pid_in_its_lines(void **state)
{
    char expected[64];
    int status = 0;
    pid_t child;

    (void)state;
    open_stderr(LOG_LEVEL_INFO);
    write_line(LOG_LEVEL_INFO, "parent");
    child = fork();
    if (child == 0) {
        snprintf(expected, sizeof(expected), "portcullisd[%ld]: hello\n",
                 (long)getpid());
        _exit(strcmp(write_line(LOG_LEVEL_INFO, "hello"), expected) == 0 ? 0
                                                                         : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
test_a_line_for_syslog_is_not_interrupted(void **state)
{
    (void)state;
    log_open("portcullisd", LOG_TO_SYSLOG, LOG_AUTH, LOG_LEVEL_INFO);
    assert_int_equal(interrupt_start(1000), 0);
    lines_in_syslog = interrupted_lines = 0;
    log_line(LOG_LEVEL_INFO, "%s", "hello");
    interrupt_stop();
    assert_int_equal(lines_in_syslog, 1);
    assert_int_equal(interrupted_lines, 0);
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
        cmocka_unit_test(test_no_line_that_waits_is_lost),
        cmocka_unit_test(test_many_lines_are_written_in_pieces_of_whole_lines),
        cmocka_unit_test(test_a_child_has_its_own_pid_in_its_lines),
        cmocka_unit_test(test_a_line_for_syslog_is_not_interrupted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
