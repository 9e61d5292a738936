#include "server/log/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "server/base/interrupt.h"
#include "server/log/escape.h"

/*
 * The one place for people's lines.  A process has one log, so this is one of
 * the few modules with state of its own.
 */

#define HEAD_MAX 80    /* bytes of "portcullisd[PID]: " */
#define EXTRA_MAX 32   /* bytes of a prefix, a suffix and the end of line */
#define WRITE_MAX 4096 /* bytes; a write to a pipe is in one piece so far */

/*
 * Invariants: held_size is 0 exactly when held is NULL; what is held are
 * whole lines.
 */
static struct {
    const char *program;
    enum log_target target;
    enum log_level level;
    bool preauth;
    bool holds;
    bool is_registered; /* for exit() and fork() */
    char head[HEAD_MAX];
    size_t head_size; /* 0: to be composed */
    char *held;
    size_t held_size;
} state = {
    .program = "portcullis",
    .target = LOG_TO_TERMINAL,
    .level = LOG_LEVEL_INFO,
};

/* sshd's: verbose is as important to syslog as info (log.c do_log). */
static const struct {
    const char *prefix;
    int priority;
} levels[] = {
    [LOG_LEVEL_QUIET] = {"", LOG_INFO},
    [LOG_LEVEL_FATAL] = {"fatal: ", LOG_CRIT},
    [LOG_LEVEL_ERROR] = {"error: ", LOG_ERR},
    [LOG_LEVEL_INFO] = {"", LOG_INFO},
    [LOG_LEVEL_VERBOSE] = {"", LOG_INFO},
    [LOG_LEVEL_DEBUG1] = {"debug1: ", LOG_DEBUG},
    [LOG_LEVEL_DEBUG2] = {"debug2: ", LOG_DEBUG},
    [LOG_LEVEL_DEBUG3] = {"debug3: ", LOG_DEBUG},
};

static void
write_stderr(const char *lines, size_t size)
{
    ssize_t n;

    do {
        n = write(STDERR_FILENO, lines, size);
    } while (n < 0 && errno == EINTR);
}

void
log_flush(void)
{
    int saved = errno;

    if (state.held != NULL) {
        write_stderr(state.held, state.held_size);
        state.held_size = 0;
        free(state.held);
        state.held = NULL;
    }
    errno = saved;
}

/* A child has another process id, and may leave by _exit(). */
static void
on_fork(void)
{
    state.head_size = 0;
    state.holds = false;
}

static void
flush_at_exit(void)
{
    log_flush();
    state.holds = false;
}

/* What goes down takes its last lines along: only calls of signal-safety(7). */
static void
on_crash(int number)
{
    if (state.held != NULL) {
        write_stderr(state.held, state.held_size);
    }
    raise(number); /* the handler is gone: SA_RESETHAND */
}

static void
catch_crashes(void)
{
    static const int signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction action;

        if (sigaction(signals[i], NULL, &action) == 0 &&
            action.sa_handler == SIG_DFL) { /* not a sanitizer's */
            action.sa_handler = on_crash;
            action.sa_flags = (int)SA_RESETHAND;
            sigaction(signals[i], &action, NULL);
        }
    }
}

void
log_hold(void)
{
    if (!state.is_registered) {
        state.is_registered = true;
        catch_crashes();
        atexit(flush_at_exit);
    }
    state.holds = true;
}

void
log_open(const char *program, enum log_target target, int facility,
         enum log_level level)
{
    static bool minds_fork;

    if (!minds_fork) {
        minds_fork = true;
        pthread_atfork(log_flush, NULL, on_fork);
    }
    log_flush();
    state.program = program;
    state.head_size = 0;
    state.target = target;
    state.level = level;
    closelog();
    if (target == LOG_TO_SYSLOG) {
        openlog(program, LOG_PID, facility);
    }
}

void
log_set_level(enum log_level level)
{
    state.level = level;
}

void
log_set_preauth(bool preauth)
{
    state.preauth = preauth;
}

bool
log_wants(enum log_level level)
{
    return level > LOG_LEVEL_QUIET && level <= state.level;
}

static size_t
append(char *line, size_t used, const char *text)
{
    size_t size = strlen(text);

    memcpy(line + used, text, size);
    return used + size;
}

/* "portcullisd[PID]: " */
static size_t
put_head(char line[HEAD_MAX])
{
    if (state.head_size == 0) {
        int n = snprintf(state.head, sizeof(state.head),
                         "%.48s[%ld]: ", state.program, (long)getpid());

        state.head_size = n < 0 ? 0 : (size_t)n;
    }
    memcpy(line, state.head, state.head_size);
    return state.head_size;
}

/*
 * One write(2) of whole lines, so that lines of several processes do not mix.
 */
static void
put_line(enum log_level level, const char *line, size_t size)
{
    if (state.held != NULL && state.held_size + size > WRITE_MAX) {
        log_flush();
    }
    if (state.held == NULL && state.holds && level > LOG_LEVEL_ERROR) {
        state.held = malloc(WRITE_MAX);
    }
    if (state.held == NULL) {
        write_stderr(line, size);
        return;
    }
    memcpy(state.held + state.held_size, line, size);
    state.held_size += size;
    if (level <= LOG_LEVEL_ERROR) {
        log_flush();
    }
}

/* libc drops a line when it was interrupted twice, waiting for the daemon. */
static void
put_syslog(enum log_level level, const char *line)
{
    interrupt_pause();
    syslog(levels[level].priority, "%s", line);
    interrupt_resume();
}

/* text is of size bytes, and not yet safe to show. */
static void
emit(enum log_level level, const char *text, size_t size)
{
    char line[HEAD_MAX + LOG_LINE_MAX + EXTRA_MAX];
    bool is_terminal = state.target == LOG_TO_TERMINAL;
    size_t used = state.target == LOG_TO_STDERR ? put_head(line) : 0;

    if (!is_terminal || level > LOG_LEVEL_INFO) {
        used = append(line, used, levels[level].prefix);
    }
    used += escape_text(text, size, line + used, LOG_LINE_MAX);
    if (state.preauth) {
        used = append(line, used, " [preauth]");
    }
    if (state.target == LOG_TO_SYSLOG) {
        line[used] = '\0';
        put_syslog(level, line);
        return;
    }
    line[used++] = '\n';
    put_line(level, line, used);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
    int saved = errno;
    char raw[LOG_LINE_MAX];
    va_list ap;

    if (!log_wants(level)) {
        return;
    }
    va_start(ap, fmt);
    if (strcmp(fmt, "%s") == 0) { /* most lines: nothing is to be formatted */
        const char *text = va_arg(ap, const char *);

        emit(level, text, strnlen(text, LOG_LINE_MAX - 1));
    } else {
        vsnprintf(raw, sizeof(raw), fmt, ap);
        emit(level, raw, strlen(raw));
    }
    va_end(ap);
    errno = saved;
}
