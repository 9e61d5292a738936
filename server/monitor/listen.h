#ifndef SERVER_MONITOR_LISTEN_H
#define SERVER_MONITOR_LISTEN_H

#include "server/monitor/connection.h"
#include "server/monitor/listen_list.h"

/*
 * Listeners for the client, on addresses and on paths: decided by the
 * monitor, bound by the dialer as the user.
 */

/* The session's messages. */
void listen_close(struct connection *c, const struct msg_listen *m);
void listen_close_path(struct connection *c, const struct msg_path *m);

/* The dialer's.  *fd is set to -1 when taken. */
void listen_bound(struct connection *c, const struct msg_bound *m);
void listen_incoming(struct connection *c, const struct msg_incoming *m,
                     int *fd);
void listeners_lost_dialer(struct connection *c);

/* Log why, answer the client and forget l: it could not, or may not, be. */
void listen_fail(struct connection *c, struct listener *l, const char *why);
/* The same for a negative errno; a shortage is logged once a minute. */
void listen_fail_for(struct connection *c, struct listener *l, int error);
void listen_refuse(struct connection *c, struct listener *l,
                   const struct decision *why);

/* The answer to the question with this id; port 0: none to tell. */
void listen_answer(struct connection *c, uint32_t id, bool ok, uint32_t port);

/* Words that ssh -v shows. */
void listen_tell(struct connection *c, const char *text);

void listeners_end(struct connection *c); /* log all as closed; forget them */

#endif
