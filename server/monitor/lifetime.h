#ifndef SERVER_MONITOR_LIFETIME_H
#define SERVER_MONITOR_LIFETIME_H

#include "server/monitor/connection.h"

/* MaxConnectionLifetime, which begins with the login: call it then. */
void lifetime_start(struct connection *c);

#endif
