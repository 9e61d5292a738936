#ifndef TESTS_UNIT_SERVER_DIALER_LOOPBACK_H
#define TESTS_UNIT_SERVER_DIALER_LOOPBACK_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/ipc/msg.h"
#include "server/ipc/sockaddr.h"
#include "tests/unit/server/open_files.h"

/* What the dialer's tests share: sockets on this machine's own addresses. */

#define LOOPBACK_FULL_MS 1000 /* who waits longer for a connection hangs */

static inline struct msg_address
loopback_address(const char *text)
{
    struct address a = {0};

    assert_int_equal(address_parse(text, &a), 0);
    return msg_address_of(&a);
}

/* One message to connect to or listen on these addresses; NULL ends them. */
static inline struct msg_connect
loopback_message(uint32_t id, uint16_t port, const char *const *texts)
{
    struct msg_connect m = {.id = id, .port = port};

    for (; *texts != NULL; texts++) {
        m.addresses.list[m.addresses.count++] = loopback_address(*texts);
    }
    return m;
}

static inline uint16_t
loopback_port(int fd)
{
    struct sockaddr_storage sa = {0};
    socklen_t size = sizeof(sa);
    struct address a;
    uint16_t port = 0;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &size), 0);
    assert_int_equal(sockaddr_read((struct sockaddr *)&sa, &a, &port), 0);
    return port;
}

static inline socklen_t
loopback_sockaddr(const char *text, uint16_t port, struct sockaddr_storage *sa)
{
    struct address a = {0};

    assert_int_equal(address_parse(text, &a), 0);
    return sockaddr_write(&a, port, sa);
}

/* A socket that listens on this port of address. */
static inline int
loopback_listen_at(const char *text, uint16_t port, int backlog)
{
    struct sockaddr_storage sa;
    socklen_t size = loopback_sockaddr(text, port, &sa);
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, size), 0);
    assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

/* The same on a port of the kernel's choice. */
static inline int
loopback_listen(const char *text, int backlog)
{
    return loopback_listen_at(text, 0, backlog);
}

static inline bool
loopback_has_v6(void)
{
    struct sockaddr_storage sa;
    socklen_t size = loopback_sockaddr("::1", 0, &sa);
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&sa, size) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return has;
}

/* Begin to connect, without waiting for the other side. */
static inline int
loopback_connect(const char *text, uint16_t port)
{
    struct sockaddr_storage sa;
    socklen_t size = loopback_sockaddr(text, port, &sa);
    int fd =
        socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    connect(fd, (struct sockaddr *)&sa, size);
    return fd;
}

/*
 * How many connections a listener's queue takes, as long as nobody accepts
 * them; more than most are not counted.
 */
static inline int
loopback_queue(const char *text, uint16_t port, int most)
{
    int *fds = calloc((size_t)most, sizeof(*fds));
    int tried = 0, taken = 0;

    while (tried < most && taken == tried) {
        struct pollfd p = {.fd = loopback_connect(text, port),
                           .events = POLLOUT};

        fds[tried++] = p.fd;
        taken += poll(&p, 1, LOOPBACK_FULL_MS);
    }
    while (tried > 0) {
        close(fds[--tried]);
    }
    free(fds);
    return taken;
}

/* A listener whose queue is full lets later connects hang. */
static inline int
loopback_hang(int fillers[2])
{
    int l = loopback_listen("127.0.0.1", 0);

    for (int i = 0; i < 2; i++) {
        fillers[i] = loopback_connect("127.0.0.1", loopback_port(l));
    }
    return l;
}

/* 127.0.0.1 hangs; the others of the list are what a test makes of them. */
struct blackhole {
    int listener, fillers[2];
    uint16_t port;
};

static inline struct blackhole
blackhole_new(void)
{
    struct blackhole b;

    b.listener = loopback_hang(b.fillers);
    b.port = loopback_port(b.listener);
    return b;
}

static inline void
blackhole_end(const struct blackhole *b)
{
    close(b->listener);
    close(b->fillers[0]);
    close(b->fillers[1]);
}

/* Nobody has connected to it. */
static inline void
assert_unseen(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

    assert_int_equal(fd, -1);
    assert_int_equal(errno, EAGAIN);
}

static inline int
quiet_listener(const char *text, uint16_t port)
{
    int l = loopback_listen_at(text, port, 8);

    assert_int_equal(fcntl(l, F_SETFL, O_NONBLOCK), 0);
    return l;
}

#endif
