#ifndef SERVER_MONITOR_FORWARD_SOCKET_H
#define SERVER_MONITOR_FORWARD_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"

/*
 * Descriptors that come from a dialer are asked what they are: its user may
 * be the one who attacks.  -1 is none of these.
 */

/* A TCP connection to exactly this address and port. */
bool forward_socket_goes_to(int fd, const struct address *to, uint32_t port);

/* A TCP socket for addresses of family, not connected, nor trying to, and not
 * listening. */
bool forward_socket_is_fresh(int fd, enum address_family family);

/* A connected stream socket of the file system. */
bool forward_socket_has_path(int fd);

/* The same, accepted where something was bound to path. */
bool forward_socket_came_by(int fd, const char *path);

/*
 * A connected socket that its peer has reset already: it has no peer any more
 * to be vetted.  Nobody's breach, and of no use.
 */
bool forward_socket_is_dead(int fd);

/*
 * Close it without waiting, whatever it was told about that (SO_LINGER): the
 * last one to close waits.  -1 is none.
 */
void forward_socket_drop(int *fd);

#endif
