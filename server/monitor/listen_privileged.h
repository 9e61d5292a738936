#ifndef SERVER_MONITOR_LISTEN_PRIVILEGED_H
#define SERVER_MONITOR_LISTEN_PRIVILEGED_H

#include "server/monitor/connection.h"
#include "server/monitor/listen_list.h"

/*
 * PrivilegedPorts: bind l's port here, because the kernel would not let the
 * user, and hand the sockets to the dialer, whose answer is MSG_BOUND.  The
 * addresses are literal ones that decide_bind() made; nothing was resolved.
 * Returns 0, or the -errno of the last address that failed when none is left.
 */
int listen_privileged_bind(struct connection *c, const struct listener *l,
                           const struct msg_addresses *addresses);

#endif
