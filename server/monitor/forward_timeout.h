#ifndef SERVER_MONITOR_FORWARD_TIMEOUT_H
#define SERVER_MONITOR_FORWARD_TIMEOUT_H

#include "server/monitor/connection.h"
#include "server/monitor/forward_table.h"

/*
 * ConnectTimeout: a forward that was asked for and is not connected in time
 * is given up, whether its name or its connection is what takes so long.
 */

/* f was asked for now.  Its end needs no word to this module. */
void forward_timeout_start(struct connection *c, struct forward *f);

#endif
