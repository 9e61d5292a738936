#include "server/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

void
fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    errno = saved;
}

int
fd_set_nonblocking(int fd, int on)
{
    return ioctl(fd, FIONBIO, &on) < 0 ? -errno : 0;
}

int
fd_set_cloexec(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

int
fd_socket_option(int fd, int option)
{
    int value = -1;
    socklen_t size = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

int
fd_close_from(int first)
{
    return close_range((unsigned)first, UINT_MAX, 0) < 0 ? -errno : 0;
}

int
fd_silence_output(void)
{
#ifndef PORTCULLIS_SANITIZED
    if (dup3(STDIN_FILENO, STDOUT_FILENO, 0) < 0 ||
        dup3(STDIN_FILENO, STDERR_FILENO, 0) < 0) {
        return -errno;
    }
#endif
    return 0;
}
