#include "server/ipc/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/ipc/datagram.h"
#include "server/ipc/link.h"

/* A datagram; a message that is larger travels alone. */
struct parcel {
    struct parcel *next;
    size_t room, used; /* bytes */
    size_t messages, fd_count;
    int fds[LIMIT_DATAGRAM_FDS];
    uint8_t bytes[];
};

#define ROOM (4096 - sizeof(struct parcel) - 16) /* a page, with malloc's */

static void
free_parcel(struct parcel *p)
{
    for (size_t i = 0; i < p->fd_count; i++) {
        close(p->fds[i]);
    }
    explicit_bzero(p->bytes, p->used);
    free(p);
}

/* The first one has left, or is dropped. */
static void
drop_head(struct outbox *o)
{
    struct parcel *p = o->head;

    o->head = p->next;
    if (o->head == NULL) {
        o->tail = NULL;
    }
    o->messages -= p->messages;
    o->bytes -= p->used;
    free_parcel(p);
}

void
outbox_clear(struct outbox *o)
{
    while (o->head != NULL) {
        drop_head(o);
    }
}

bool
outbox_fits(const struct outbox *o, size_t size, bool has_fd)
{
    const struct parcel *p = o->tail;

    return p != NULL && p->room - p->used >= DATAGRAM_HEAD + size &&
           p->messages < LIMIT_DATAGRAM_MESSAGES &&
           (!has_fd || p->fd_count < LIMIT_DATAGRAM_FDS);
}

/* Another datagram behind the others, for a message of so many bytes. */
static int
begin(struct outbox *o, size_t size)
{
    size_t room = size > ROOM ? size : ROOM;
    struct parcel *p = malloc(sizeof(*p) + room);

    if (p == NULL) {
        return -ENOMEM;
    }
    p->next = NULL;
    p->room = room;
    p->used = p->messages = p->fd_count = 0;
    if (o->tail != NULL) {
        o->tail->next = p;
    } else {
        o->head = p;
    }
    o->tail = p;
    return 0;
}

int
outbox_add(struct outbox *o, const uint8_t *message, size_t size, int fd)
{
    size_t bytes = DATAGRAM_HEAD + size;
    struct parcel *p = NULL;

    if (o->messages >= LIMIT_LINK_MESSAGES ||
        o->bytes + bytes > LIMIT_LINK_BYTES) {
        return -ENOBUFS;
    }
    if (!outbox_fits(o, size, fd >= 0)) {
        int r = begin(o, bytes);

        if (r < 0) {
            return r;
        }
    }
    p = o->tail;
    datagram_put_head(p->bytes + p->used, size, fd >= 0);
    memcpy(p->bytes + p->used + DATAGRAM_HEAD, message, size);
    p->used += bytes;
    p->messages++;
    if (fd >= 0) {
        p->fds[p->fd_count++] = fd;
    }
    o->messages++;
    o->bytes += bytes;
    return 0;
}

int
outbox_send(struct outbox *o, int link)
{
    while (o->head != NULL) {
        const struct parcel *p = o->head;
        int r =
            link_send_datagram(link, p->bytes, p->used, p->fds, p->fd_count);

        if (r < 0) {
            return r;
        }
        drop_head(o);
    }
    return 0;
}
