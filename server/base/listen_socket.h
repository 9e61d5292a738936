#ifndef SERVER_BASE_LISTEN_SOCKET_H
#define SERVER_BASE_LISTEN_SOCKET_H

#include <sys/socket.h>

/*
 * A TCP socket that listens at *sa, non-blocking and close-on-exec; one for
 * IPv6 takes no IPv4.  Port 0 in *sa becomes the one that the kernel gave.
 * *ret is the caller's.  Returns 0 or -errno.
 */
int listen_socket_open(struct sockaddr_storage *sa, socklen_t size, int *ret);

#endif
