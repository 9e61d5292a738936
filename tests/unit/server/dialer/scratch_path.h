#ifndef TESTS_UNIT_SERVER_DIALER_SCRATCH_PATH_H
#define TESTS_UNIT_SERVER_DIALER_SCRATCH_PATH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* What the tests of paths share: a folder, and sockets in it. */

struct scratch_path {
    char dir[32];
    char path[48]; /* in dir; nothing is there yet */
};

static inline void
scratch_path_init(struct scratch_path *s)
{
    snprintf(s->dir, sizeof(s->dir), "/tmp/pct-path-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    assert_int_equal(chmod(s->dir, 0777), 0); /* users other than root */
    snprintf(s->path, sizeof(s->path), "%.31s/socket", s->dir);
}

static inline void
scratch_path_done(const struct scratch_path *s)
{
    unlink(s->path);
    assert_int_equal(rmdir(s->dir), 0);
}

static inline struct sockaddr_un
scratch_path_address(const struct scratch_path *s)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    memcpy(at.sun_path, s->path, strlen(s->path));
    return at;
}

/* A socket of this type that is bound, and listens when it is a stream. */
static inline int
scratch_path_listen(const struct scratch_path *s, int type, int backlog)
{
    struct sockaddr_un at = scratch_path_address(s);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    if (type == SOCK_STREAM) {
        assert_int_equal(listen(fd, backlog), 0);
    }
    return fd;
}

static inline int
scratch_path_connect(const struct scratch_path *s)
{
    struct sockaddr_un to = scratch_path_address(s);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

#endif
