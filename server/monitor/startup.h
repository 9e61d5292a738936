#ifndef SERVER_MONITOR_STARTUP_H
#define SERVER_MONITOR_STARTUP_H

#include "server/monitor/connection.h"

/*
 * Read the bundle in descriptor bundle (borrowed): the configuration, the
 * host keys, where to log.  0 or -errno.
 */
int startup_load(struct connection *c, int bundle);

#endif
