#ifndef SERVER_LOG_LOG_H
#define SERVER_LOG_LOG_H

#include <stdbool.h>

#include "policy/settings.h"

/* Where the lines for people go. */
enum log_target {
    LOG_TO_SYSLOG = 0,
    LOG_TO_STDERR,   /* also a file: -E makes it our stderr */
    LOG_TO_TERMINAL, /* a command's answer on stderr: the bare message */
};

/*
 * Start logging.  program is borrowed for good ("portcullisd"); facility is
 * of syslog.h.  Lines on stderr look like "portcullisd[PID]: message".
 */
void log_open(const char *program, enum log_target target, int facility,
              enum log_level level);
void log_set_level(enum log_level level);

/* Say " [preauth]" behind every line, as sshd does before a login. */
void log_set_preauth(bool preauth);

#define LOG_LINE_MAX 1024 /* bytes of a message; the rest is cut off */

/*
 * One line.  Bytes that are not printable ASCII or valid UTF-8 text are
 * written as in escape.h: \ooo; errno is kept.  Lines get sshd's prefixes
 * ("fatal: ", "error: ", "debug1: "); on a terminal only the last.
 */
void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * From now on lines on stderr may wait for log_flush(), which writes up to
 * 4096 bytes of them at once: the caller flushes before it waits for anything.
 * An error is written at once, with the lines before it; exit(), fork() and a
 * crash write what is held.  Lines to syslog never wait.
 */
void log_hold(void);
void log_flush(void);

/* Is this level written at all?  Before expensive arguments. */
bool log_wants(enum log_level level);

#endif
