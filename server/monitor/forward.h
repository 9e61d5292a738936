#ifndef SERVER_MONITOR_FORWARD_H
#define SERVER_MONITOR_FORWARD_H

#include <stdbool.h>

#include "server/monitor/connection.h"

/*
 * Forwarded connections: direct-tcpip from the question to the last byte,
 * and those that a listener accepted from the offer on.
 */
struct forwards;

int forwards_new(struct connection *c); /* sets c->forwards; 0 or -errno */
void forwards_end(struct connection *c); /* log all as closed; forget them */
void forwards_free(struct forwards *f);  /* after the loop; NULL is fine */

/* The session's messages. */
void forward_open(struct connection *c, const struct msg_open *m);
void forward_cancel(struct connection *c, uint32_t id);
void forward_accepted(struct connection *c, uint32_t id);
void forward_not_accepted(struct connection *c, const struct msg_refused *m);
void forward_closed(struct connection *c, const struct msg_forward_closed *m);

/* The dialer's.  False: no forward asked.  *fd is set to -1 when taken. */
bool forward_resolved(struct connection *c, const struct msg_resolved *m);
void forward_connected(struct connection *c, const struct msg_connected *m,
                       int *fd);
void forwards_lost_dialer(struct connection *c);

/* A listener accepted peer: offer it to the client as host and port. */
struct forward_offer {
    const char *host;
    uint32_t port;
    struct address peer;
    uint16_t peer_port;
};

/* fd is taken. */
void forward_offer(struct connection *c, const struct forward_offer *offer,
                   int fd);

#endif
