#ifndef SERVER_IPC_OUTBOX_H
#define SERVER_IPC_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Messages on their way out of a link, in the datagrams that they will leave
 * in (datagram.h).  It holds no memory while it is empty.
 */
struct parcel;

/* Invariants: head is NULL exactly when tail is; messages and bytes count all
 * that is in the list. */
struct outbox {
    struct parcel *head, *tail;
    size_t messages, bytes;
};

/* Would it join the last datagram?  If not, and the socket takes something,
 * it is time to send. */
bool outbox_fits(const struct outbox *o, size_t size, bool has_fd);

/*
 * Append a message that msg_encode() wrote: it is copied.  Takes fd (-1:
 * none) on success.  0, -ENOBUFS (LIMIT_LINK_MESSAGES or LIMIT_LINK_BYTES) or
 * -ENOMEM.
 */
int outbox_add(struct outbox *o, const uint8_t *message, size_t size, int fd);

/*
 * Send until the socket refuses.  0 when nothing is left; -EAGAIN; another
 * -errno is the socket's and about the first datagram, which stays.
 */
int outbox_send(struct outbox *o, int link);

/* Drop all of it. */
void outbox_clear(struct outbox *o);

#endif
