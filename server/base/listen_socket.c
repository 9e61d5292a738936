/* What the dialer and the monitor do in the same way, with unlike rights. */
#include "server/base/listen_socket.h"

#include <errno.h>
#include <netinet/in.h>

#include "server/base/fd.h"
#include "server/limits.h"

static int
set_up(int fd, struct sockaddr_storage *sa, socklen_t size)
{
    int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        (sa->ss_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) ||
        bind(fd, (const struct sockaddr *)sa, size) < 0 ||
        listen(fd, LIMIT_ACCEPT_QUEUE) < 0 ||
        getsockname(fd, (struct sockaddr *)sa, &size) < 0) {
        return -errno;
    }
    return 0;
}

int
listen_socket_open(struct sockaddr_storage *sa, socklen_t size, int *ret)
{
    int fd =
        socket(sa->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r = 0;

    if (fd < 0) {
        return -errno;
    }
    r = set_up(fd, sa, size);
    if (r < 0) {
        fd_close(&fd);
        return r;
    }
    *ret = fd;
    return 0;
}
