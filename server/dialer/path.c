#include "server/dialer/path.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/listen_socket.h"
#include "server/limits.h"

#define MASK_BITS 0777U

static int
write_address(const char *path, struct sockaddr_un *ret)
{
    size_t size = strlen(path);

    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (size == 0) {
        return -EINVAL;
    }
    if (size >= sizeof(ret->sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(ret->sun_path, path, size);
    return 0;
}

/* The address of path, and a socket for it. */
static int
prepare(const char *path, struct sockaddr_un *ret_address, int *ret)
{
    int r = write_address(path, ret_address);

    *ret = -1;
    if (r < 0) {
        return r;
    }
    *ret = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *ret < 0 ? -errno : 0;
}

int
path_connect(const char *path, int *ret)
{
    struct sockaddr_un to;
    int r = prepare(path, &to, ret);

    if (r == 0 && connect(*ret, (const struct sockaddr *)&to, sizeof(to)) < 0) {
        r = -errno;
        fd_close(ret);
    }
    return r;
}

/* The mask is this process's alone; no other thread of it makes files. */
static int
bind_under_mask(int fd, const struct sockaddr_un *at, uint32_t mask)
{
    mode_t before = umask((mode_t)(mask & MASK_BITS));
    int r = bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ? -errno : 0;

    umask(before);
    return r;
}

int
path_listen(const struct msg_dial_path *m, int *ret)
{
    struct sockaddr_un at;
    int r = prepare(m->path, &at, ret);

    if (r == 0 && m->unlink != 0 && unlink(m->path) < 0 && errno != ENOENT) {
        r = -errno;
    }
    if (r == 0) {
        r = bind_under_mask(*ret, &at, m->mask);
    }
    if (r == 0 && listen(*ret, LIMIT_ACCEPT_QUEUE) < 0) {
        r = -errno;
    }
    if (r < 0) {
        fd_close(ret);
    }
    return r;
}
