#ifndef SERVER_LISTENER_ACTIVATION_H
#define SERVER_LISTENER_ACTIVATION_H

#include "server/listener/sockets.h"

#define ACTIVATION_FIRST_FD 3

/*
 * Take the sockets that a service manager opened for us, sd_listen_fds(3):
 * LISTEN_PID is who they are for, LISTEN_FDS their count, LISTEN_FDNAMES
 * (optional) their names for messages.  They are the descriptors from 3 up, so
 * this comes before anything else is opened.
 *
 * Each has to be a listening TCP socket, and no two for the same address.
 * None, or those of another process: 0 and an empty *ret.  Else 0, or a
 * negative errno with a sentence that names the socket, and an empty *ret.
 */
int activation_take(struct sockets *ret, struct diag *reterr);

#endif
