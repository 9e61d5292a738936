#ifndef SERVER_LISTENER_SAY_H
#define SERVER_LISTENER_SAY_H

#include "policy/settings.h"

/*
 * Where functions that do not log send their sentences: to the terminal at
 * start, to the log at a reload, to a list in a test.
 */
struct say {
    void (*line)(void *arg, enum log_level level, const char *text);
    void *arg;
};

void say(const struct say *to, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
