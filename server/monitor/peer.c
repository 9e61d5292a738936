/* Who is at the other end of a socket, asked of the kernel. */
#include "server/monitor/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define UNKNOWN_PORT 65535 /* as sshd says for a connection without one */

static void
take_v6(const struct sockaddr_in6 *sin6, struct address *ret)
{
    const uint8_t *bytes = sin6->sin6_addr.s6_addr;

    if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
        ret->family = ADDRESS_V4;
        memcpy(ret->bytes, bytes + 12, 4);
        return;
    }
    ret->family = ADDRESS_V6;
    memcpy(ret->bytes, bytes, 16);
    if (IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr)) {
        ret->scope = sin6->sin6_scope_id;
    }
}

int
peer_address(const struct sockaddr_storage *sa, struct address *ret,
             uint16_t *ret_port)
{
    struct sockaddr_in6 sin6;
    struct sockaddr_in sin;

    *ret = (struct address){0};
    if (sa->ss_family == AF_INET) {
        memcpy(&sin, sa, sizeof(sin));
        ret->family = ADDRESS_V4;
        memcpy(ret->bytes, &sin.sin_addr, 4);
        *ret_port = ntohs(sin.sin_port);
        return 0;
    }
    if (sa->ss_family == AF_INET6) {
        memcpy(&sin6, sa, sizeof(sin6));
        take_v6(&sin6, ret);
        *ret_port = ntohs(sin6.sin6_port);
        return 0;
    }
    return -EAFNOSUPPORT;
}

static void
describe(const struct sockaddr_storage *sa, struct address *address,
         uint16_t *port, char ip[ADDRESS_TEXT_MAX])
{
    if (peer_address(sa, address, port) < 0) {
        *port = UNKNOWN_PORT;
        snprintf(ip, ADDRESS_TEXT_MAX, "UNKNOWN");
        return;
    }
    address_format(address, ip);
}

int
peer_of_socket(int fd, struct peer *ret)
{
    struct sockaddr_storage client = {0}, here = {0};
    socklen_t size = sizeof(client);

    *ret = (struct peer){0};
    if (getpeername(fd, (struct sockaddr *)&client, &size) < 0) {
        return -errno;
    }
    size = sizeof(here);
    if (getsockname(fd, (struct sockaddr *)&here, &size) < 0) {
        return -errno;
    }
    describe(&client, &ret->address, &ret->port, ret->ip);
    describe(&here, &ret->local_address, &ret->local_port, ret->local_ip);
    return 0;
}
