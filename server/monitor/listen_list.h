#ifndef SERVER_MONITOR_LISTEN_LIST_H
#define SERVER_MONITOR_LISTEN_LIST_H

#include "server/monitor/connection.h"

enum listener_state {
    LISTENER_RESOLVING = 0,
    LISTENER_BINDING,
    LISTENER_LIVE,
};

struct listen_ports;

/*
 * - number names it to the dialer, id is the session's question.
 * - port is what the client asked for; bound what it got, when LIVE.
 * - places are where it listens, when LIVE.
 * - ports is the search for a free one, while BINDING; NULL: there is none.
 * - by_monitor: the port is one that only PrivilegedPorts grants.
 */
struct listener {
    struct listener *next;
    uint32_t number;
    uint32_t id;
    enum listener_state state;
    bool is_path;
    bool by_monitor;
    char *host; /* owned; the path, then without port and places */
    uint32_t port;
    uint16_t bound;
    struct decision decision;
    struct listen_ports *ports; /* owned */
    struct address places[LIMIT_ADDRESSES];
    size_t place_count;
};

/* Those that listen and those that are about to. */
size_t listen_list_count(const struct connection *c);

/* NULL: beyond LIMIT_LISTENERS, or out of memory.  host is copied. */
struct listener *listen_list_add(struct connection *c, uint32_t id,
                                 const char *host);
struct listener *listen_list_find(const struct connection *c, uint32_t number);
void listen_list_remove(struct connection *c, struct listener *l);

/* The port that the client knows it by: asked for, or allocated. */
uint32_t listen_list_port(const struct listener *l);

#endif
