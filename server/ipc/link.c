#include "server/ipc/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
link_pair(int ret[2], int nonblocking)
{
    int type = SOCK_SEQPACKET | SOCK_CLOEXEC;

    if (nonblocking) {
        type |= SOCK_NONBLOCK;
    }
    return socketpair(AF_UNIX, type, 0, ret) < 0 ? -errno : 0;
}

int
link_send(int link, enum msg_type type, const void *body, int fd)
{
    uint8_t bytes[LIMIT_MESSAGE_BYTES];
    long size = msg_encode(type, body, bytes + DATAGRAM_HEAD,
                           sizeof(bytes) - DATAGRAM_HEAD);
    int r;

    if (size < 0) {
        return (int)size;
    }
    datagram_put_head(bytes, (size_t)size, fd >= 0);
    r = link_send_datagram(link, bytes, DATAGRAM_HEAD + (size_t)size, &fd,
                           fd >= 0 ? 1 : 0);
    explicit_bzero(bytes, DATAGRAM_HEAD + (size_t)size);
    return r;
}

int
link_send_datagram(int link, const uint8_t *bytes, size_t size, const int *fds,
                   size_t fd_count)
{
    union {
        char space[CMSG_SPACE(sizeof(int) * LIMIT_DATAGRAM_FDS)];
        struct cmsghdr align;
    } control;
    struct iovec iov = {
        .iov_base = (void *)(uintptr_t)bytes,
        .iov_len = size,
    };
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;

    if (fd_count > 0) {
        struct cmsghdr *c = &control.align;

        memset(&control, 0, sizeof(control));
        msg.msg_control = control.space;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * fd_count);
    }
    /* ECONNRESET comes once, for what a peer left unread that is gone. */
    do {
        n = sendmsg(link, &msg, MSG_NOSIGNAL);
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    return n < 0 ? -errno : 0;
}

void
frame_init(struct frame *f)
{
    f->fd = -1;
    f->size = 0;
    f->body = f->buffer;
    f->rest = (struct datagram){0};
}

bool
frame_has_more(const struct frame *f)
{
    return f->rest.at < f->rest.size;
}

void
frame_drop_rest(struct frame *f)
{
    struct datagram *d = &f->rest;

    for (size_t i = d->fd_next; i < d->fd_count; i++) {
        close(d->fds[i]);
    }
    if (d->at < d->size) {
        explicit_bzero(d->bytes + d->at, d->size - d->at);
    }
    *d = (struct datagram){0};
}

/* The descriptors that came along: no more than there was room for. */
static void
take_fds(struct msghdr *msg, struct datagram *d)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
         c = CMSG_NXTHDR(msg, c)) {
        size_t count = 0;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (d->fd_count < LIMIT_DATAGRAM_FDS) {
                d->fds[d->fd_count++] = fd;
            } else {
                close(fd);
            }
        }
    }
}

/* A new datagram, of whole messages. */
static int
receive(int link, struct frame *ret)
{
    union {
        char space[CMSG_SPACE(sizeof(int) * LIMIT_DATAGRAM_FDS)];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = ret->buffer,
                        .iov_len = LIMIT_MESSAGE_BYTES};
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.space,
        .msg_controllen = sizeof(control.space),
    };
    struct datagram *d = &ret->rest;
    ssize_t n;

    /* ECONNRESET comes once, before what the peer had sent until then. */
    do {
        n = recvmsg(link, &msg, MSG_CMSG_CLOEXEC);
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n < 0) {
        return -errno;
    }
    d->bytes = ret->buffer;
    d->size = (size_t)n;
    d->at = d->fd_count = d->fd_next = 0;
    take_fds(&msg, d); /* an empty datagram may have some, too */
    if (n == 0) {
        frame_drop_rest(ret);
        return -EPIPE;
    }
    if ((msg.msg_flags & MSG_TRUNC) != 0 ||
        datagram_check(d, (msg.msg_flags & MSG_CTRUNC) != 0) < 0) {
        frame_drop_rest(ret);
        return -EPROTO;
    }
    return 0;
}

int
link_recv(int link, enum msg_route route, enum msg_phase now, struct frame *ret)
{
    struct datagram_message m = {.fd = -1};
    int r = 0;

    ret->fd = -1;
    if (!frame_has_more(ret)) {
        r = receive(link, ret);
    }
    if (r < 0) {
        return r;
    }
    if (!datagram_next(&ret->rest, &m) ||
        !msg_allowed(m.type, route, now, m.size, m.has_fd)) {
        if (m.fd >= 0) {
            close(m.fd);
        }
        frame_drop_rest(ret);
        return -EPROTO;
    }
    ret->type = m.type;
    ret->body = m.body;
    ret->size = m.size;
    ret->fd = m.fd;
    return m.has_fd && m.fd < 0 ? -EMFILE : 0;
}

int
frame_decode(struct frame *f, void *ret)
{
    return msg_decode(f->type, f->body, f->size, ret);
}
