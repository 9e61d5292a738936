#ifndef SERVER_MONITOR_SETUP_H
#define SERVER_MONITOR_SETUP_H

#include "server/monitor/connection.h"

/* MSG_SETUP, the first message to the session. 0 or -errno. */
int setup_send(struct connection *c);

#endif
