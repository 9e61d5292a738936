#ifndef SERVER_IPC_LINK_H
#define SERVER_IPC_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "server/ipc/msg.h"

/*
 * One end of a SOCK_SEQPACKET socket pair between two of our processes.
 * These calls move one message; uvlink.h drives a link from libuv.
 */

/* A message that was received and passed msg_allowed(). */
struct frame {
    enum msg_type type;
    uint8_t *body; /* into buffer */
    size_t size;
    int fd; /* -1, or a descriptor that the receiver owns */
    uint8_t buffer[LIMIT_MESSAGE_BYTES];
};

/* Two connected ends, CLOEXEC, non-blocking when asked. 0 or -errno. */
int link_pair(int ret[2], int nonblocking);

/*
 * Send one message.  fd is borrowed (-1: none).  Returns 0, -EAGAIN (the
 * peer is slow; only on a non-blocking link), -EMSGSIZE, -EPIPE or another
 * -errno when the link is dead.
 */
int link_send(int link, enum msg_type type, const void *body, int fd);

/* The same for a message that msg_encode() wrote already. */
int link_send_bytes(int link, const uint8_t *bytes, size_t size, int fd);

/*
 * Receive one message and check it against the table.  Returns 0, -EAGAIN,
 * -EPIPE (end of file), -EPROTO (not allowed now; whatever descriptor came
 * along is closed), -EMFILE (this message's descriptor did not fit into our
 * table: the frame is valid, fd is -1).  Closes what it does not hand over.
 */
int link_recv(int link, enum msg_route route, enum msg_phase now,
              struct frame *ret);

/* Decode the frame's body. 0 or -EBADMSG. */
int frame_decode(struct frame *f, void *ret);

#endif
