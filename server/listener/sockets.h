#ifndef SERVER_LISTENER_SOCKETS_H
#define SERVER_LISTENER_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "policy/address.h"
#include "policy/settings.h"
#include "server/listener/portcullisd.h"
#include "server/listener/say.h"

/* A socket address.  Plain data. */
struct socket_address {
    struct sockaddr_storage storage;
    socklen_t size;
};

#define SOCKET_HOST_MAX 64 /* bytes of a printed address, with the NUL */

/* The address without its port, as getnameinfo(3) prints numbers; "UNKNOWN"
 * when it is not of a network. */
void socket_address_format(const struct socket_address *a,
                           char out[SOCKET_HOST_MAX]);
struct address socket_address_of(const struct socket_address *a); /* or NONE */
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

bool listen_plan_has(const struct listen_plan *plan,
                     const struct socket_address *a);

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

/* Open a, for which there is room, without a word.  0 or -errno. */
int sockets_add(struct sockets *s, const struct socket_address *a);

bool sockets_have(const struct sockets *s, const struct socket_address *a);

/* "Server listening on ..."; "Bind to port ... failed" with a negative errno */
void sockets_say_listening(const struct socket_address *a,
                           const struct say *to);
void sockets_say_failure(const struct socket_address *a, int r,
                         const struct say *to);

void sockets_close(struct sockets *s);

#endif
