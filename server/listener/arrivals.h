#ifndef SERVER_LISTENER_ARRIVALS_H
#define SERVER_LISTENER_ARRIVALS_H

#include "server/listener/listener.h"

/* What becomes of a client that has come, by a socket or on standard input. */

/* acceptor_client_fn of a struct listener: admit it, start its monitor. */
int arrivals_client(void *arg, int client, const struct socket_address *peer);

/* -i: start the monitor.  0, or a negative errno that has been spoken of. */
int arrivals_standard_input(struct listener *l);

/* The loop's clock, which never goes back. */
uint64_t arrivals_now_us(const struct listener *l);

#endif
