#ifndef SERVER_MONITOR_LISTEN_OPEN_H
#define SERVER_MONITOR_LISTEN_OPEN_H

#include "server/monitor/connection.h"
#include "server/monitor/listen_list.h"

/* tcpip-forward and streamlocal-forward, until the dialer is asked to bind. */

/* The session's messages. */
void listen_open(struct connection *c, const struct msg_listen *m);
void listen_open_path(struct connection *c, const struct msg_path *m);

/* The dialer's. */
void listen_resolved(struct connection *c, const struct msg_resolved *m);

/* m is not what a search for a port wanted: go on, or fail. */
void listen_try_again(struct connection *c, struct listener *l,
                      const struct msg_bound *m);

#endif
