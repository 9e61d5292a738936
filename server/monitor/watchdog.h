#ifndef SERVER_MONITOR_WATCHDOG_H
#define SERVER_MONITOR_WATCHDOG_H

#include "server/monitor/connection.h"

struct watchdog;

/*
 * Ask the session every PING_INTERVAL_MS whether it lives; end the connection
 * when LIMIT_PINGS in a row went unanswered.  Sets c->watchdog.
 */
int watchdog_start(struct connection *c);
/* The user is logged in: the next question comes soon, and has both sides give
 * back what the login leaves on their stacks. */
void watchdog_login(struct watchdog *w);
void watchdog_pong(struct watchdog *w);
void watchdog_stop(struct watchdog *w); /* NULL is fine */
void watchdog_free(struct watchdog *w); /* after the loop; NULL is fine */

#endif
