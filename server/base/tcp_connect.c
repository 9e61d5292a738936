#include "server/base/tcp_connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "server/base/fd.h"

int
tcp_connect_socket(int family, int *ret)
{
    int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r = 0;

    if (fd < 0) {
        return -errno;
    }
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0) {
        r = -errno;
        fd_close(&fd);
        return r;
    }
    *ret = fd;
    return 0;
}

/*
 * The kernel says EINPROGRESS even where the answer of this very machine has
 * come meanwhile; asked again it tells, and that spares the waiting.
 */
int
tcp_connect_begin(int fd, const struct sockaddr *to, socklen_t size)
{
    if (connect(fd, to, size) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        return -errno;
    }
    if (connect(fd, to, size) == 0) {
        return 0;
    }
    return errno == EALREADY ? -EINPROGRESS : -errno;
}

int
tcp_connect_result(int fd, int status)
{
    int error = 0;
    socklen_t size = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
        error = errno;
    }
    return error != 0 ? -error : status;
}
