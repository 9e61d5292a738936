#include "server/ipc/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TYPE_SIZE 4 /* bytes of the message's type in front of its body */

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
    long size = msg_encode(type, body, bytes, sizeof(bytes));
    int r;

    if (size < 0) {
        return (int)size;
    }
    r = link_send_bytes(link, bytes, (size_t)size, fd);
    explicit_bzero(bytes, (size_t)size);
    return r;
}

int
link_send_bytes(int link, const uint8_t *bytes, size_t size, int fd)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {
        .iov_base = (void *)(uintptr_t)bytes,
        .iov_len = size,
    };
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;

    if (fd >= 0) {
        struct cmsghdr *c = &control.align;

        msg.msg_control = control.space;
        msg.msg_controllen = sizeof(control.space);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    do {
        n = sendmsg(link, &msg, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

/* The one descriptor that came along, or -1.  More than one: all closed. */
static int
take_fd(struct msghdr *msg)
{
    int got = -1;
    size_t seen = 0;

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
            if (seen++ == 0) {
                got = fd;
            } else {
                close(fd);
            }
        }
    }
    if (seen > 1) {
        close(got);
        return -2;
    }
    return got;
}

int
link_recv(int link, enum msg_route route, enum msg_phase now, struct frame *ret)
{
    union {
        char space[CMSG_SPACE(sizeof(int) * 4)];
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
    struct wire w;
    uint32_t type;
    ssize_t n;

    ret->fd = -1;
    /* ECONNRESET comes once, before what the peer had sent until then. */
    do {
        n = recvmsg(link, &msg, MSG_CMSG_CLOEXEC);
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n <= 0) {
        return n == 0 ? -EPIPE : -errno;
    }
    ret->fd = take_fd(&msg);
    w = wire_over(ret->buffer, (size_t)n);
    type = wire_u32(&w);
    if ((msg.msg_flags & MSG_TRUNC) != 0 || ret->fd == -2 || n < TYPE_SIZE ||
        !msg_allowed(type, route, now, (size_t)n - TYPE_SIZE, ret->fd >= 0)) {
        if (ret->fd >= 0) {
            close(ret->fd);
        }
        ret->fd = -1;
        return -EPROTO;
    }
    ret->type = type;
    ret->body = ret->buffer + TYPE_SIZE;
    ret->size = (size_t)n - TYPE_SIZE;
    return (msg.msg_flags & MSG_CTRUNC) != 0 && ret->fd < 0 ? -EMFILE : 0;
}

int
frame_decode(struct frame *f, void *ret)
{
    return msg_decode(f->type, f->body, f->size, ret);
}
