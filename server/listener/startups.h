#ifndef SERVER_LISTENER_STARTUPS_H
#define SERVER_LISTENER_STARTUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/listener/say.h"

/*
 * How many connections may be on their way to a login, and what the log says
 * when more want to be.  Zeroed memory is the calm state.
 */
struct startups {
    bool throttling;
    uint64_t first_ms, told_ms; /* when it began, and was last spoken of */
    unsigned dropped;
};

/* One more client, beside the waiting ones that have not logged in. */
struct startup {
    size_t waiting;
    uint64_t now_ms;
    const char *peer, *local; /* numeric */
    unsigned peer_port, local_port;
};

/* False: drop this client.  The sentences are sshd's (drop_connection). */
bool startups_admit(struct startups *s, const struct startup *next,
                    const struct say *to);

#endif
