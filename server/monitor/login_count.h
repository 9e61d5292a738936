#ifndef SERVER_MONITOR_LOGIN_COUNT_H
#define SERVER_MONITOR_LOGIN_COUNT_H

#include <stdbool.h>

struct login;

/*
 * MaxConnectionsPerUser.  The daemon counts the connections of every user: it
 * is the only process that knows of them all, and handles one message after
 * the other, so that two logins never get the same last place.
 */

/* The proof was good: login_admit() follows, at once or when the daemon has
 * agreed, or the connection ends. */
void login_count(struct login *l);

/* The daemon's answer; also false when it has gone before it answered.  Does
 * nothing when no answer is due; l may be NULL. */
void login_counted(struct login *l, bool ok);

#endif
