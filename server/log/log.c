#include "server/log/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "server/log/escape.h"

/*
 * The one place for people's lines.  A process has one log, so this is one of
 * the few modules with state of its own.
 */

static struct {
    const char *program;
    enum log_target target;
    enum log_level level;
    bool preauth;
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

void
log_open(const char *program, enum log_target target, int facility,
         enum log_level level)
{
    state.program = program;
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

/* One write(2) a line, so that lines of several processes do not mix. */
static void
write_stderr(const char *line, size_t size)
{
    ssize_t n;

    do {
        n = write(STDERR_FILENO, line, size);
    } while (n < 0 && errno == EINTR);
}

static void
emit(enum log_level level, const char *text)
{
    char line[LOG_LINE_MAX + 128];
    const char *prefix = levels[level].prefix;
    const char *suffix = state.preauth ? " [preauth]" : "";
    int n = 0;

    switch (state.target) {
    case LOG_TO_SYSLOG:
        syslog(levels[level].priority, "%s%s%s", prefix, text, suffix);
        return;
    case LOG_TO_STDERR:
        n = snprintf(line, sizeof(line), "%.48s[%ld]: %s%s%s\n", state.program,
                     (long)getpid(), prefix, text, suffix);
        break;
    case LOG_TO_TERMINAL:
        n = snprintf(line, sizeof(line), "%s%s%s\n",
                     level <= LOG_LEVEL_INFO ? "" : prefix, text, suffix);
        break;
    }
    if (n > 0 && (size_t)n < sizeof(line)) {
        write_stderr(line, (size_t)n);
    }
}

void
log_line(enum log_level level, const char *fmt, ...)
{
    int saved = errno;
    char raw[LOG_LINE_MAX];
    char text[LOG_LINE_MAX];
    va_list ap;

    if (!log_wants(level)) {
        return;
    }
    va_start(ap, fmt);
    vsnprintf(raw, sizeof(raw), fmt, ap);
    va_end(ap);
    escape_text(raw, strlen(raw), text, sizeof(text));
    emit(level, text);
    errno = saved;
}
