#ifndef SERVER_MONITOR_ATTEMPTS_H
#define SERVER_MONITOR_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/monitor/auth_request.h"

/*
 * Counting login attempts as sshd does (semantics C.7).  Zeroed memory is a
 * connection that has asked for nothing yet.
 */
struct attempts {
    unsigned requests;
    unsigned failures;
};

/* A request came in.  False: there were too many of them. */
bool attempts_request(struct attempts *a);

/*
 * The request failed.  A "none" that came first is free.  False: MaxAuthTries
 * is reached and the connection must end.
 */
bool attempts_failure(struct attempts *a, enum auth_method method,
                      uint64_t max_auth_tries);

/*
 * Is the log line of a failed attempt at INFO?  Otherwise it is VERBOSE.
 * Asked before the failure is counted.
 */
bool attempts_are_loud(const struct attempts *a, enum auth_method method,
                       bool valid, uint64_t max_auth_tries);

/*
 * How long to wait before a failure is answered, elapsed_ms after its
 * request: to the next of 10, 20, 40 ... ms, so that what took a little
 * longer (an existing account, a key file) does not show.
 */
uint64_t attempts_delay_ms(uint64_t elapsed_ms);

#endif
