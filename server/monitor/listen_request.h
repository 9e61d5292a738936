#ifndef SERVER_MONITOR_LISTEN_REQUEST_H
#define SERVER_MONITOR_LISTEN_REQUEST_H

#include "policy/decide.h"
#include "server/monitor/listen_list.h"

/* What l asked for, with another port, as a question about an address. */
static inline struct request
listen_request(const struct listener *l, uint32_t port)
{
    return (struct request){
        .kind = REQUEST_LISTEN,
        .host = l->host,
        .port = port,
        .wants_reply = true,
    };
}

#endif
