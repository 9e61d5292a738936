#ifndef SERVER_IPC_DATAGRAM_H
#define SERVER_IPC_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/limits.h"

/*
 * A datagram on a link is a sequence of messages, each of them
 *
 *     uint32  bytes that follow, without the flag
 *     uint8   1 when a descriptor comes with it, else 0
 *     uint32  enum msg_type
 *     byte[]  body, as msg.h has it
 *
 * The descriptors are in one SCM_RIGHTS (unix(7)), in the order of the
 * messages that they come with.  These functions call no kernel and own no
 * descriptor.
 */
#define DATAGRAM_HEAD 5 /* bytes in front of the type */
#define DATAGRAM_TYPE 4

/* Invariant: what stands from bytes + at on was found to be whole messages. */
struct datagram {
    uint8_t *bytes; /* borrowed */
    size_t size, at;
    int fds[LIMIT_DATAGRAM_FDS];
    size_t fd_count, fd_next;
};

struct datagram_message {
    uint32_t type;
    uint8_t *body; /* into the datagram */
    size_t size;
    bool has_fd; /* the sender says so */
    int fd;      /* -1 also when it did not fit into our table */
};

/* Write the head of a message of so many bytes, type and body. */
void datagram_put_head(uint8_t out[DATAGRAM_HEAD], size_t size, bool has_fd);

/*
 * Is it a sequence of messages that leaves no byte over, and did a descriptor
 * come for each that asks for one, and no other?  Those at the end may be
 * missing when the kernel has cut them off (MSG_CTRUNC).  0 or -EPROTO.
 */
int datagram_check(const struct datagram *d, bool is_cut);

/* Take the next message out; false when there is none. */
bool datagram_next(struct datagram *d, struct datagram_message *ret);

#endif
