#ifndef SERVER_MONITOR_FORWARD_DIAL_H
#define SERVER_MONITOR_FORWARD_DIAL_H

#include "server/monitor/connection.h"
#include "server/monitor/forward_table.h"

/*
 * From addresses that may be dialled to a connected socket of the user: the
 * dialer connects it, or, where opens come quickly and there is one address
 * only, this process does, with a socket that the dialer made before.
 */

int forward_dials_new(struct connection *c);   /* sets c->dials; 0 or -errno */
void forward_dials_free(struct connection *c); /* after the loop */

/*
 * Dial f's candidates.  forward_connected() hears of the outcome, at once or
 * later; f may be gone when this returns.
 */
void forward_dial(struct connection *c, struct forward *f);

/* f is connected, or gives up.  Also for one that was never dialled. */
void forward_dial_end(struct forward *f);

/* The dialer's message: a socket for later.  *fd is taken. */
void forward_dial_socket(struct connection *c, const struct msg_socket *m,
                         int *fd);

/* The dialer is gone, and what it made with it. */
void forward_dials_lost_dialer(struct connection *c);

#endif
