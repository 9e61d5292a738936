#ifndef SERVER_SSH_TRANSPORT_H
#define SERVER_SSH_TRANSPORT_H

#include <uv.h>

#include "server/ipc/link.h"
#include "server/ipc/msg.h"

/*
 * The SSH side of a session process: one libssh session, its channels, and
 * the loop handle that drives them.  It decides nothing: what a client asks
 * becomes a message for the monitor, what the monitor answers comes back
 * through transport_receive().
 */
struct transport;

struct transport_owner {
    /* Send a message to the monitor. */
    void (*tell)(void *arg, enum msg_type type, const void *body);
    /*
     * The connection is over; called once, from the loop.  code and text are
     * the client's SSH_MSG_DISCONNECT, or 0 and what happened.
     */
    void (*gone)(void *arg, uint32_t code, const char *text);
    void *arg;
};

/*
 * Warm libssh and OpenSSL up: whatever they read from files or allocate once
 * happens here, before the sandbox.  0 or -errno.
 */
int transport_warm_up(void);

/*
 * Serve the client on fd (takes it, also on failure) as setup says.  Nothing
 * is read or written before transport_start().  0 or -errno.
 */
int transport_new(uv_loop_t *loop, int fd, const struct msg_setup *setup,
                  const struct transport_owner *owner, struct transport **ret);

/* Send our identification and start talking.  0 or -errno. */
int transport_start(struct transport *t);

/*
 * A message from the monitor.  May take f->fd.  0; -EBADMSG when the message
 * makes no sense here: then the connection must end.
 */
int transport_receive(struct transport *t, struct frame *f);

/* libssh's version, e.g. "0.10.6". */
const char *transport_library_version(void);

#endif
