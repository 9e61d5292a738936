#ifndef SERVER_MONITOR_LISTEN_H
#define SERVER_MONITOR_LISTEN_H

#include "server/monitor/connection.h"

/*
 * Listeners for the client (tcpip-forward): decided here, bound by the
 * dialer as the user.
 */

/* The session's messages. */
void listen_open(struct connection *c, const struct msg_listen *m);
void listen_close(struct connection *c, const struct msg_listen *m);

/* The dialer's.  *fd is set to -1 when taken. */
void listen_resolved(struct connection *c, const struct msg_resolved *m);
void listen_bound(struct connection *c, const struct msg_bound *m);
void listen_incoming(struct connection *c, const struct msg_incoming *m,
                     int *fd);
void listeners_lost_dialer(struct connection *c);

void listeners_end(struct connection *c); /* log all as closed; forget them */

#endif
