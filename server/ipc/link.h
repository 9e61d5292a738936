#ifndef SERVER_IPC_LINK_H
#define SERVER_IPC_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "server/ipc/datagram.h"
#include "server/ipc/msg.h"

/*
 * One end of a SOCK_SEQPACKET socket pair between two of our processes.  A
 * packet is a sequence of messages (datagram.h).  These calls send one message
 * and receive one after the other; uvlink.h drives a link from libuv.
 */

/*
 * A message that was received and passed msg_allowed(), and those that came
 * in the same datagram and are still to be taken out.  All zeroes, or
 * frame_init(), before the first use.
 */
struct frame {
    enum msg_type type;
    uint8_t *body; /* into buffer */
    size_t size;
    int fd; /* -1, or a descriptor that the receiver owns */
    struct datagram rest;
    uint8_t buffer[LIMIT_MESSAGE_BYTES];
};

/* Without touching the buffer. */
void frame_init(struct frame *f);

/* Will the next link_recv() take a message that is here already? */
bool frame_has_more(const struct frame *f);

/* Close and wipe what is still to be taken out. */
void frame_drop_rest(struct frame *f);

/* Two connected ends, CLOEXEC, non-blocking when asked. 0 or -errno. */
int link_pair(int ret[2], int nonblocking);

/*
 * Send one message, in a datagram of its own.  fd is borrowed (-1: none).
 * Returns 0, -EAGAIN (the peer is slow; only on a non-blocking link),
 * -EMSGSIZE, -EPIPE or another -errno when the link is dead.
 */
int link_send(int link, enum msg_type type, const void *body, int fd);

/* The same for a datagram that is composed already; borrows all. */
int link_send_datagram(int link, const uint8_t *bytes, size_t size,
                       const int *fds, size_t fd_count);

/*
 * Receive one message, the next of ret's datagram or the first of a new one,
 * and check it against the table.  Returns 0, -EAGAIN, -EPIPE (end of file),
 * -EPROTO (no sequence of messages, or one that is not allowed now; whatever
 * descriptors came along are closed), -EMFILE (this message's descriptor did
 * not fit into our table: the frame is valid, fd is -1).  Closes what it does
 * not hand over.
 */
int link_recv(int link, enum msg_route route, enum msg_phase now,
              struct frame *ret);

/* Decode the frame's body. 0 or -EBADMSG. */
int frame_decode(struct frame *f, void *ret);

#endif
