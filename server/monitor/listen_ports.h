#ifndef SERVER_MONITOR_LISTEN_PORTS_H
#define SERVER_MONITOR_LISTEN_PORTS_H

#include "server/monitor/connection.h"
#include "server/monitor/listen_list.h"

/*
 * A listener that asked for port 0 where lists restrict the ports: try those
 * that are granted until one is free.
 */

enum listen_ports_answer {
    LISTEN_PORTS_NONE = 0, /* no port is granted */
    LISTEN_PORTS_ANY,      /* nothing restricts: the kernel may choose */
    LISTEN_PORTS_SOME,     /* l->ports knows which */
};

/* Which ports are granted at the first of these addresses? */
enum listen_ports_answer listen_ports_find(struct connection *c,
                                           struct listener *l,
                                           const struct msg_addresses *at);

/*
 * The next to try, and in *ret those of the addresses where it is granted
 * too; l->decision is what grants it.  0: none is left, or enough were tried.
 */
uint16_t listen_ports_next(struct connection *c, struct listener *l,
                           struct msg_addresses *ret);

/* Is that where the search wanted to listen, its first address included? */
bool listen_ports_has(const struct listener *l, const struct msg_bound *m);

#endif
