#ifndef SERVER_MONITOR_GRACE_H
#define SERVER_MONITOR_GRACE_H

#include "server/monitor/connection.h"

/*
 * LoginGraceTime, and at random up to four seconds more, as in sshd: clients
 * that came together do not all leave together.  0 or -errno.
 */
int grace_start(struct connection *c);

/* Somebody is logged in, or the connection ends anyway. */
void grace_stop(struct connection *c);

#endif
