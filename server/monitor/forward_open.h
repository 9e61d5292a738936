#ifndef SERVER_MONITOR_FORWARD_OPEN_H
#define SERVER_MONITOR_FORWARD_OPEN_H

#include <stdbool.h>

#include "server/monitor/connection.h"

/* direct-tcpip and direct-streamlocal, until the client has the socket. */

/* The session's messages. */
void forward_open(struct connection *c, const struct msg_open *m);
void forward_open_path(struct connection *c, const struct msg_path *m);

/* The dialer's.  False: no forward asked.  *fd is set to -1 when taken. */
bool forward_resolved(struct connection *c, const struct msg_resolved *m);
void forward_connected(struct connection *c, const struct msg_connected *m,
                       int *fd);

#endif
