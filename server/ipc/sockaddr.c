#include "server/ipc/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define V4_OFFSET 12 /* of the v4 address in a v4-mapped one */

static socklen_t
write_v4(const struct address *a, uint16_t port, struct sockaddr_storage *ret)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};

    memcpy(&sin.sin_addr, a->bytes, sizeof(sin.sin_addr));
    memcpy(ret, &sin, sizeof(sin));
    return sizeof(sin);
}

static socklen_t
write_v6(const struct address *a, uint16_t port, struct sockaddr_storage *ret)
{
    struct sockaddr_in6 sin6 = {
        .sin6_family = AF_INET6,
        .sin6_port = htons(port),
        .sin6_scope_id = a->scope,
    };

    memcpy(&sin6.sin6_addr, a->bytes, sizeof(sin6.sin6_addr));
    memcpy(ret, &sin6, sizeof(sin6));
    return sizeof(sin6);
}

socklen_t
sockaddr_write(const struct address *a, uint16_t port,
               struct sockaddr_storage *ret)
{
    *ret = (struct sockaddr_storage){0};
    switch (a->family) {
    case ADDRESS_NONE:
        return 0;
    case ADDRESS_V4:
        return write_v4(a, port, ret);
    case ADDRESS_V6:
        return write_v6(a, port, ret);
    }
    return 0;
}

static void
read_v6(const struct sockaddr_in6 *sin6, struct address *ret)
{
    const uint8_t *bytes = sin6->sin6_addr.s6_addr;

    if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
        ret->family = ADDRESS_V4;
        memcpy(ret->bytes, bytes + V4_OFFSET, 4);
        return;
    }
    ret->family = ADDRESS_V6;
    memcpy(ret->bytes, bytes, 16);
    if (IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr)) {
        ret->scope = sin6->sin6_scope_id;
    }
}

int
sockaddr_read(const struct sockaddr *sa, struct address *ret,
              uint16_t *ret_port)
{
    struct sockaddr_in6 sin6;
    struct sockaddr_in sin;

    *ret = (struct address){0};
    if (sa->sa_family == AF_INET) {
        memcpy(&sin, sa, sizeof(sin));
        ret->family = ADDRESS_V4;
        memcpy(ret->bytes, &sin.sin_addr, 4);
        *ret_port = ntohs(sin.sin_port);
        return 0;
    }
    if (sa->sa_family == AF_INET6) {
        memcpy(&sin6, sa, sizeof(sin6));
        read_v6(&sin6, ret);
        *ret_port = ntohs(sin6.sin6_port);
        return 0;
    }
    return -EAFNOSUPPORT;
}
