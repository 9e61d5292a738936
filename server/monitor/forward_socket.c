#include "server/monitor/forward_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "server/ipc/sockaddr.h"

static bool
is_stream(int fd)
{
    int type = 0;
    socklen_t size = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_STREAM;
}

/* SMC, for one, has TCP's addresses too. */
static bool
is_tcp(int fd)
{
    int protocol = 0;
    socklen_t size = sizeof(protocol);

    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
           protocol == IPPROTO_TCP;
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
