/* The one thing that a monitor binds. */
#include "server/monitor/listen_privileged.h"

#include <errno.h>

#include "server/base/listen_socket.h"
#include "server/ipc/sockaddr.h"
#include "server/monitor/dialer_link.h"

static int
open_socket(const struct msg_address *at, uint16_t port, int *ret)
{
    struct sockaddr_storage sa;
    struct address address;
    int r = msg_address_get(at, &address);

    return r < 0 ? r
                 : listen_socket_open(&sa, sockaddr_write(&address, port, &sa),
                                      ret);
}

int
listen_privileged_bind(struct connection *c, const struct listener *l,
                       const struct msg_addresses *addresses)
{
    struct msg_bind_socket m = {.id = l->number};
    int fds[LIMIT_ADDRESSES];
    uint32_t count = 0;
    int r = -EADDRNOTAVAIL;

    for (uint32_t i = 0; i < addresses->count; i++) {
        int opened =
            open_socket(&addresses->list[i], (uint16_t)l->port, &fds[count]);

        if (opened < 0) {
            r = opened;
        } else {
            count++;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        m.is_last = i + 1 == count;
        r = dialer_send_fd(c->dialer, MSG_BIND_SOCKET, &m, fds[i]);
    }
    return r;
}
