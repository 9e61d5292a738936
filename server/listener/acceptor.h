#ifndef SERVER_LISTENER_ACCEPTOR_H
#define SERVER_LISTENER_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "server/base/pace.h"
#include "server/listener/sockets.h"

struct door;

/* A client has connected; client is taken.  0 or -errno; has been logged
 * unless acceptor_is_exhausted() says so of it. */
typedef int acceptor_client_fn(void *arg, int client,
                               const struct socket_address *peer);

/*
 * Accepts clients on all sockets.  When descriptors or memory run out it
 * rests a moment, because a socket that stays readable would keep the loop
 * spinning.
 */
struct acceptor {
    uv_loop_t *loop;
    uv_timer_t rest;
    struct door *doors[LISTEN_SOCKET_MAX];
    size_t count;
    acceptor_client_fn *client;
    void *arg;
    struct pace complaints;
};

int acceptor_init(struct acceptor *a, uv_loop_t *loop,
                  acceptor_client_fn *client, void *arg);

/*
 * Watch these sockets (borrowed) and no others.  0 or -errno; then nothing
 * is watched.
 */
int acceptor_watch(struct acceptor *a, const struct sockets *sockets);

/* Is this negative errno about descriptors, memory or processes? */
bool acceptor_is_exhausted(int r);

/* Watch nothing; afterwards the sockets may be closed. */
void acceptor_stop(struct acceptor *a);

#endif
