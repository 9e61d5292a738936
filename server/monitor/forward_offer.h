#ifndef SERVER_MONITOR_FORWARD_OFFER_H
#define SERVER_MONITOR_FORWARD_OFFER_H

#include "server/monitor/connection.h"

/*
 * A listener accepted peer: offer it to the client as host and port, or as
 * the path in host, where nobody has an address.
 */
struct forward_offer {
    bool is_path;
    const char *host;
    uint32_t port;
    struct address peer;
    uint16_t peer_port;
};

/* Log and tell why nobody is offered it. */
void forward_offer_refuse(struct connection *c,
                          const struct forward_offer *offer,
                          const struct decision *why);

/* fd is taken. */
void forward_offer_new(struct connection *c, const struct forward_offer *offer,
                       int fd);

/* The client's answer, as the session tells it. */
void forward_accepted(struct connection *c, uint32_t id);
void forward_not_accepted(struct connection *c, const struct msg_refused *m);

#endif
