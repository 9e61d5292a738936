/* Who is at the other end of a socket, asked of the kernel. */
#include "server/monitor/peer.h"

#include <errno.h>
#include <stdio.h>

#include "server/ipc/sockaddr.h"

#define UNKNOWN_PORT 65535 /* as sshd says for a connection without one */

static void
describe(const struct sockaddr_storage *sa, struct address *address,
         uint16_t *port, char ip[ADDRESS_TEXT_MAX])
{
    if (sockaddr_read((const struct sockaddr *)sa, address, port) < 0) {
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
    snprintf(ret->host, sizeof(ret->host), "%s", ret->ip);
    describe(&here, &ret->local_address, &ret->local_port, ret->local_ip);
    return 0;
}
