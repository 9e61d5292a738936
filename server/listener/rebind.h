#ifndef SERVER_LISTENER_REBIND_H
#define SERVER_LISTENER_REBIND_H

#include "server/listener/sockets.h"

/*
 * Go from the addresses of `before` to those of `next`.  Sockets that are in
 * both are not touched, and an old one is closed only when all new ones are
 * open, unless it is in the way (0.0.0.0:22 and then 127.0.0.1:22).
 *
 * An address that only `next` has must be bindable, as long as the machine
 * has its family at all; one that was in `before` too and could not be bound
 * then is tried again and may stay closed.
 *
 * Nothing may watch the sockets meanwhile.  Returns 0 or a negative errno
 * that has been spoken of; then the sockets are those from before.
 */
int rebind(struct sockets *s, const struct listen_plan *before,
           const struct listen_plan *next, const struct say *to);

#endif
