#include "server/monitor/forward_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "server/base/fd.h"
#include "server/ipc/sockaddr.h"

static bool
is_stream(int fd)
{
    return fd_socket_option(fd, SO_TYPE) == SOCK_STREAM;
}

/* SMC, for one, has TCP's addresses too. */
static bool
is_tcp(int fd)
{
    return fd_socket_option(fd, SO_PROTOCOL) == IPPROTO_TCP;
}

/* Its peer's address has the family of the socket: v4 over v6 is v6. */
bool
forward_socket_goes_to(int fd, const struct address *to, uint32_t port)
{
    int family = to->family == ADDRESS_V4 ? AF_INET : AF_INET6;
    struct sockaddr_storage sa = {0};
    socklen_t size = sizeof(sa);
    struct address peer;
    uint16_t peer_port;

    return is_tcp(fd) && getpeername(fd, (struct sockaddr *)&sa, &size) == 0 &&
           sa.ss_family == family &&
           sockaddr_read((const struct sockaddr *)&sa, &peer, &peer_port) ==
               0 &&
           address_equal(&peer, to) && peer_port == port;
}

/* Only what is a stream has a state of TCP. */
bool
forward_socket_is_fresh(int fd, enum address_family family)
{
    int wanted = family == ADDRESS_V4 ? AF_INET : AF_INET6;
    uint8_t state = 0; /* the first byte of struct tcp_info */
    socklen_t size = sizeof(state);

    return is_tcp(fd) && fd_socket_option(fd, SO_DOMAIN) == wanted &&
           getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &size) == 0 &&
           state == TCP_CLOSE;
}

bool
forward_socket_has_path(int fd)
{
    struct sockaddr_un peer = {0};
    socklen_t size = sizeof(peer);

    return is_stream(fd) &&
           getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
           peer.sun_family == AF_UNIX;
}

bool
forward_socket_came_by(int fd, const char *path)
{
    struct sockaddr_un here = {0};
    socklen_t size = sizeof(here);

    return forward_socket_has_path(fd) &&
           getsockname(fd, (struct sockaddr *)&here, &size) == 0 &&
           size > offsetof(struct sockaddr_un, sun_path) &&
           strncmp(here.sun_path, path, sizeof(here.sun_path)) == 0;
}

bool
forward_socket_is_dead(int fd)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof(peer);

    return getpeername(fd, (struct sockaddr *)&peer, &size) < 0 &&
           errno == ENOTCONN;
}

void
forward_socket_drop(int *fd)
{
    const struct linger off = {.l_onoff = 0};

    if (*fd >= 0) {
        setsockopt(*fd, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
        fd_close(fd);
    }
}
