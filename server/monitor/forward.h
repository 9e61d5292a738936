#ifndef SERVER_MONITOR_FORWARD_H
#define SERVER_MONITOR_FORWARD_H

#include <stdbool.h>

#include "server/monitor/connection.h"

/*
 * direct-tcpip from the question to the last byte, and the end of every
 * forward.
 */
int forwards_new(struct connection *c);   /* sets c->forwards; 0 or -errno */
void forwards_end(struct connection *c);  /* log all as closed; forget them */
void forwards_free(struct connection *c); /* after the loop */

/* The session's messages. */
void forward_open(struct connection *c, const struct msg_open *m);
void forward_cancel(struct connection *c, uint32_t id);
void forward_closed(struct connection *c, const struct msg_forward_closed *m);

/* The dialer's.  False: no forward asked.  *fd is set to -1 when taken. */
bool forward_resolved(struct connection *c, const struct msg_resolved *m);
void forward_connected(struct connection *c, const struct msg_connected *m,
                       int *fd);
void forwards_lost_dialer(struct connection *c);

#endif
