#include "server/monitor/forward_socket.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "server/monitor/peer.h"

static bool
is_stream(int fd, int family)
{
    int type = 0, domain = 0;
    socklen_t size = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           type == SOCK_STREAM && domain == family;
}

bool
forward_socket_goes_to(int fd, const struct address *to, uint32_t port)
{
    int family = to->family == ADDRESS_V4 ? AF_INET : AF_INET6;
    struct peer peer;

    return is_stream(fd, family) && peer_of_socket(fd, &peer) == 0 &&
           address_equal(&peer.address, to) && peer.port == port;
}

bool
forward_socket_has_path(int fd)
{
    struct sockaddr_un peer;
    socklen_t size = sizeof(peer);

    return is_stream(fd, AF_UNIX) &&
           getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
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
