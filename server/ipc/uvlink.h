#ifndef SERVER_IPC_UVLINK_H
#define SERVER_IPC_UVLINK_H

#include <uv.h>

#include "server/ipc/link.h"

struct uvlink;

/*
 * A message arrived.  f is valid during the call; take f->fd by setting it to
 * -1 afterwards, or it is closed.  The callback may call uvlink_close().
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

/* What may arrive from now on; PHASE_AUTH at first. */
void uvlink_set_phase(struct uvlink *link, enum msg_phase phase);

/*
 * Send now or queue; never blocks.  fd is taken, always (-1: none).
 * Returns 0, -ENOBUFS (the ceiling is reached: end() follows from the loop),
 * or -errno.
 */
int uvlink_send(struct uvlink *link, enum msg_type type, const void *body,
                int fd);

/* Messages that the peer has not taken yet: for who can wait. */
size_t uvlink_queued(const struct uvlink *link);

/* Stop at once, drop what is queued, free from the loop.  NULL is fine. */
void uvlink_close(struct uvlink *link);

#endif
