#ifndef SERVER_SSH_RELAY_RATE_H
#define SERVER_SSH_RELAY_RATE_H

#include <stddef.h>

#include "server/ssh/state.h"

/*
 * ForwardRateLimit: all forwards of a connection share one rate, each
 * direction for itself.  A forward that has to wait is polled for nothing in
 * that direction until its turn comes (see relay_rearm()).
 */

struct relay;

/* bytes_per_s 0: no limit. */
void relay_rate_start(struct transport *t, uint64_t bytes_per_s);
void relay_rate_stop(struct transport *t);

/* At most how many of `want` bytes may be moved now; 0: it waits. */
size_t relay_rate_up(struct relay *r, size_t want);   /* client to target */
size_t relay_rate_down(struct relay *r, size_t want); /* target to client */

/* So many of those were not moved in the end. */
void relay_rate_up_unused(struct relay *r, size_t bytes);
void relay_rate_down_unused(struct relay *r, size_t bytes);

/* r moves no more bytes. */
void relay_rate_leave(struct relay *r);

#endif
