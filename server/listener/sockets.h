#ifndef SERVER_LISTENER_SOCKETS_H
#define SERVER_LISTENER_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "policy/settings.h"
#include "server/listener/portcullisd.h"
#include "server/listener/say.h"

/* A socket address.  Plain data. */
struct socket_address {
    struct sockaddr_storage storage;
    socklen_t size;
};

#define SOCKET_HOST_MAX 64 /* bytes of a printed address, with the NUL */

/* The address without its port, as getnameinfo(3) prints numbers. */
void socket_address_format(const struct socket_address *a,
                           char out[SOCKET_HOST_MAX]);
unsigned socket_address_port(const struct socket_address *a);
bool socket_address_equal(const struct socket_address *a,
                          const struct socket_address *b);

/* Where to listen: each ListenAddress with each Port that it stands for. */
struct listen_plan {
    struct socket_address list[LISTEN_SOCKET_MAX];
    size_t count;
};

/*
 * Look the names of s up; may block on the resolver.  Returns 0, -EINVAL (a
 * name that does not resolve) or -E2BIG; then *reterr names the line.
 */
int listen_plan_make(const struct settings *s, struct listen_plan *ret,
                     struct diag *reterr);

/* Open and listening.  Every descriptor is non-blocking and CLOEXEC. */
struct sockets {
    struct listen_socket {
        int fd;
        struct socket_address address;
    } list[LISTEN_SOCKET_MAX];
    size_t count;
};

/* Close those that are not in plan. */
void sockets_keep(struct sockets *s, const struct listen_plan *plan);

/*
 * Open those of plan that are not there yet, and say so; one that cannot be
 * bound is spoken of and left out.
 */
void sockets_open(struct sockets *s, const struct listen_plan *plan,
                  const struct say *to);

void sockets_close(struct sockets *s);

#endif
