#ifndef SERVER_MONITOR_PEER_NAME_H
#define SERVER_MONITOR_PEER_NAME_H

#include "server/monitor/connection.h"

/*
 * UseDNS: the name of the client's address, when it leads back to it.  The
 * lookups are a dialer's, which runs before the login as an account that
 * owns nothing and ends with the answer.
 */
struct peer_name;

typedef void peer_name_fn(void *arg);

/*
 * Look it up; c->peer.host is the name, or still the address, when done is
 * called, once and from the loop, in at most PEER_NAME_MS.  Sets
 * c->peer_name.  0 or -errno; then done is not called.
 */
int peer_name_start(struct connection *c, peer_name_fn *done, void *arg);

void peer_name_close(struct peer_name *p); /* NULL is fine */
void peer_name_free(struct peer_name *p);  /* after the loop; NULL is fine */

#endif
