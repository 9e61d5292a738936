#ifndef SERVER_LISTENER_RELOAD_H
#define SERVER_LISTENER_RELOAD_H

#include "server/listener/listener.h"

/*
 * SIGHUP: read everything anew, and go on with it if all of it can be used;
 * else with what was there before, sockets too.  Sockets that are in both are
 * not touched, so no client is turned away.  Connections keep the
 * configuration that they began with.
 */
void listener_reload(struct listener *l);

#endif
