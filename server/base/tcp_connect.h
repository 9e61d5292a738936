#ifndef SERVER_BASE_TCP_CONNECT_H
#define SERVER_BASE_TCP_CONNECT_H

#include <sys/socket.h>

/* What the dialer and the monitor do in the same way: connect by TCP. */

/*
 * A socket of family, non-blocking, close-on-exec, without Nagle's delay.
 * *ret is the caller's.  Returns 0 or -errno.
 */
int tcp_connect_socket(int family, int *ret);

/*
 * 0 when it is connected already, -EINPROGRESS when it will be writable once
 * its fate is known, or why not.  On a non-blocking socket never -EINTR.
 */
int tcp_connect_begin(int fd, const struct sockaddr *to, socklen_t size);

/*
 * What has become of one that was waited for: 0 or -errno.  status is
 * libuv's: it says EBADF for any error, and the socket knows which.
 */
int tcp_connect_result(int fd, int status);

#endif
