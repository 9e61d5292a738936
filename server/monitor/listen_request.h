#ifndef SERVER_MONITOR_LISTEN_REQUEST_H
#define SERVER_MONITOR_LISTEN_REQUEST_H

#include "policy/decide.h"
#include "server/monitor/connection.h"
#include "server/monitor/listen_list.h"

/* What l asked for, with this port, as a question about addresses. */
struct request listen_request(const struct listener *l, uint32_t port);

/*
 * Those of the list where l may listen on this port.  *ret_why is the answer
 * for the first of them, or the last no when there is none.
 */
void listen_request_keep(const struct connection *c, const struct listener *l,
                         uint32_t port, const struct msg_addresses *list,
                         struct msg_addresses *ret, struct decision *ret_why);

#endif
