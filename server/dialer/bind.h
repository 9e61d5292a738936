#ifndef SERVER_DIALER_BIND_H
#define SERVER_DIALER_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "server/ipc/msg.h"

/*
 * Somebody connected; takes fd.  -1: who it is cannot be accepted for want of
 * descriptors or memory, and is left waiting for a moment.  Returns false when
 * the monitor is behind: then nothing is accepted for a moment.
 */
typedef bool bind_incoming_fn(void *arg, const struct msg_incoming *m, int fd);

/* Every listener. */
struct bind {
    uv_loop_t *loop;
    bind_incoming_fn *incoming;
    void *arg;
    struct listener *listeners;
    size_t count;
    uv_timer_t pause; /* active: no listener accepts */
};

void bind_init(struct bind *b, uv_loop_t *loop, bind_incoming_fn *incoming,
               void *arg);

/*
 * Listen on m's addresses.  Port 0: the kernel gives one to the first, the
 * others take the same.  *ret lists what listens, at least one for success.
 */
void bind_start(struct bind *b, const struct msg_connect *m,
                struct msg_bound *ret);

/* The same on a path; then *ret lists nothing and its error tells all. */
void bind_start_path(struct bind *b, const struct msg_dial_path *m,
                     struct msg_bound *ret);

/*
 * One more listening socket for m->id; takes fd, -1 when it did not arrive.
 * True after the last: *ret lists what listens, as from bind_start().
 */
bool bind_take(struct bind *b, const struct msg_bind_socket *m, int fd,
               struct msg_bound *ret);

/* Close the sockets of id.  An unknown id is fine. */
void bind_stop(struct bind *b, uint32_t id);

/* Close everything; b must stay until the loop has closed the handles. */
void bind_done(struct bind *b);

#endif
