#ifndef SERVER_LISTENER_CONNECTIONS_H
#define SERVER_LISTENER_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "policy/address.h"
#include "policy/settings.h"
#include "server/listener/sockets.h"
#include "server/listener/users.h"

#define CONNECTION_BUCKETS 256

struct connection;

/* How one ended. */
struct connection_end {
    int status;            /* of its monitor, as waitpid(2) gives it */
    struct address client; /* NONE: no network address */
    enum penalty_part why; /* NONE: there is nothing to hold against it */
};

typedef void connections_gone_fn(void *arg, const struct connection_end *end);

/*
 * The connections that are alive, by the process id of their monitor.
 *
 * - waiting counts those of which no login is known yet, which is the list
 *   that first_waiting begins.
 * - A connection leaves when its monitor was reaped, and only then, so its
 *   process id is never another process's.
 * - It counts among its user's from MSG_ADMIT until its link ends.
 */
struct connections {
    uv_loop_t *loop;
    struct connection *buckets[CONNECTION_BUCKETS];
    struct connection *first_waiting;
    size_t count, waiting;
    struct users users;
    connections_gone_fn *gone;
    void *arg;
};

/* What a new connection is made of.  Descriptors are borrowed. */
struct connection_start {
    int bundle;
    int client;
    struct socket_address peer, local;
    uint64_t grace_time_s; /* until the login; 0: for ever, whatever is set */
    bool with_terminal;    /* -d: stays in our session, so that ^C ends it */
};

void connections_init(struct connections *all, uv_loop_t *loop,
                      connections_gone_fn *gone, void *arg);

/* Start a monitor for a client.  0 or -errno. */
int connections_start(struct connections *all,
                      const struct connection_start *start);

/* Ask all of them to end. */
void connections_end(const struct connections *all);

/* How many of the waiting ones come from the client's source? */
size_t connections_waiting_from(const struct connections *all,
                                const struct address *client,
                                const struct net_block_setting *block);

/* After SIGCHLD: forget those that have ended. */
void connections_reap(struct connections *all);

#endif
