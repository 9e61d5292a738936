#ifndef SERVER_IPC_UVLINK_H
#define SERVER_IPC_UVLINK_H

#include <uv.h>

#include "server/ipc/link.h"

struct uvlink;

/*
 * A message arrived.  f is valid during the call; take f->fd by setting it to
 * -1 afterwards, or it is closed.  The callback may call uvlink_close(): the
 * rest of a datagram is dropped then.
 */
typedef void uvlink_message_fn(void *arg, struct frame *f);

/*
 * The link is over: -EPIPE (peer closed), -EPROTO (peer broke the table),
 * -ENOBUFS (peer does not drain).  Called at most once, never from inside
 * uvlink_send(), and not after uvlink_close().
 */
typedef void uvlink_end_fn(void *arg, int why);

/*
 * Drive fd (takes it, also on failure) from loop.  Messages travel in on
 * route.  Returns 0 or -errno.
 */
int uvlink_new(uv_loop_t *loop, int fd, enum msg_route route,
               uvlink_message_fn *message, uvlink_end_fn *end, void *arg,
               struct uvlink **ret);

/*
 * What may arrive from now on, also in the datagram that is being handled;
 * PHASE_AUTH at first.
 */
void uvlink_set_phase(struct uvlink *link, enum msg_phase phase);

/*
 * Send with the other messages of this iteration of the loop: before it waits
 * for events, and when a datagram is full.  What the socket does not take is
 * queued; never blocks.  fd is taken, always (-1: none).
 * Returns 0, -EMSGSIZE, -EPIPE (the link is over), -ENOBUFS (the ceiling is
 * reached: end() follows from the loop), or another -errno.
 */
int uvlink_send(struct uvlink *link, enum msg_type type, const void *body,
                int fd);

/* Send what is held, now: for who is about to block, or to leave the loop. */
void uvlink_flush(struct uvlink *link);

/*
 * The same for who leaves for good: wait, LINK_PATIENCE_MS at a time, while the
 * peer goes on taking what the socket has refused.
 */
void uvlink_drain(struct uvlink *link);

/* Messages that the socket has refused so far: for who can wait. */
size_t uvlink_queued(const struct uvlink *link);

/*
 * Stop at once: what the socket takes of what is held is sent, the rest is
 * dropped.  Freed from the loop.  NULL is fine.
 */
void uvlink_close(struct uvlink *link);

#endif
