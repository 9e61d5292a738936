#include "server/ipc/datagram.h"

#include <errno.h>

#include "server/ipc/wire.h"

void
datagram_put_head(uint8_t out[DATAGRAM_HEAD], size_t size, bool has_fd)
{
    struct wire_out w = wire_into(out, DATAGRAM_HEAD);

    wire_put_u32(&w, (uint32_t)size);
    wire_put_u8(&w, has_fd);
}

/* The head of a message: true when all of the message is there. */
static bool
read_head(struct wire *w, size_t *ret_size, bool *ret_has_fd)
{
    uint32_t size = wire_u32(w);
    uint8_t flag = wire_u8(w);

    *ret_size = size;
    *ret_has_fd = flag == 1;
    return !w->bad && flag <= 1 && size >= DATAGRAM_TYPE &&
           size <= (size_t)(w->end - w->p);
}

int
datagram_check(const struct datagram *d, bool is_cut)
{
    struct wire w = wire_over(d->bytes, d->size);
    size_t messages = 0, fds = 0;

    while (w.p < w.end) {
        size_t size = 0;
        bool has_fd = false;

        if (messages == LIMIT_DATAGRAM_MESSAGES ||
            !read_head(&w, &size, &has_fd)) {
            return -EPROTO;
        }
        wire_raw(&w, size);
        messages++;
        fds += has_fd;
    }
    if (messages == 0 || fds > LIMIT_DATAGRAM_FDS ||
        (is_cut ? d->fd_count >= fds : d->fd_count != fds)) {
        return -EPROTO;
    }
    return 0;
}

bool
datagram_next(struct datagram *d, struct datagram_message *ret)
{
    struct wire w = wire_over(d->bytes + d->at, d->size - d->at);

    if (d->at == d->size || !read_head(&w, &ret->size, &ret->has_fd)) {
        return false;
    }
    ret->type = wire_u32(&w);
    ret->size -= DATAGRAM_TYPE;
    ret->body = d->bytes + d->at + DATAGRAM_HEAD + DATAGRAM_TYPE;
    ret->fd = -1;
    if (ret->has_fd && d->fd_next < d->fd_count) {
        ret->fd = d->fds[d->fd_next++];
    }
    d->at += DATAGRAM_HEAD + DATAGRAM_TYPE + ret->size;
    return true;
}
