#ifndef SERVER_IPC_SOCKADDR_H
#define SERVER_IPC_SOCKADDR_H

#include <stdint.h>
#include <sys/socket.h>

#include "policy/address.h"

/* Between policy's addresses and the kernel's. */

/* Fill *ret; returns its size for bind() and connect(), 0 for no address. */
socklen_t sockaddr_write(const struct address *a, uint16_t port,
                         struct sockaddr_storage *ret);

/*
 * The address and port in sa, which is as large as its family says.  A
 * v4-mapped v6 address becomes the v4 address.  0 or -EAFNOSUPPORT.
 */
int sockaddr_read(const struct sockaddr *sa, struct address *ret,
                  uint16_t *ret_port);

#endif
