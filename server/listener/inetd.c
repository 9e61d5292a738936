#include "server/listener/inetd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/listener/daemon.h"

#define FIRST_FD 3

static bool
is_one_socket(int in, int out)
{
    struct stat a, b;

    return fstat(in, &a) == 0 && fstat(out, &b) == 0 && S_ISSOCK(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* A listening socket comes from inetd's "wait" or systemd's Accept=no. */
static int
check_socket(int fd, struct diag *reterr)
{
    if (fd_socket_option(fd, SO_TYPE) != SOCK_STREAM) {
        return diag_fail(reterr, -EINVAL,
                         "standard input is not a stream socket");
    }
    if (fd_socket_option(fd, SO_ACCEPTCONN) == 1) {
        return diag_fail(reterr, -EINVAL,
                         "standard input is a listening socket, not a "
                         "connection");
    }
    return 0;
}

static int
make_client(struct inetd *i, int in, int out, struct diag *reterr)
{
    int r = 0;

    if (is_one_socket(in, out)) {
        i->client = fcntl(in, F_DUPFD_CLOEXEC, FIRST_FD);
        r = i->client < 0 ? -errno : check_socket(in, reterr);
    } else {
        r = bridge_start(&i->bridge, in, out, &i->client);
    }
    if (r < 0 && reterr->text[0] == '\0') {
        return diag_fail(reterr, r, "cannot take standard input: %s",
                         strerror(-r));
    }
    return r;
}

int
inetd_take(struct inetd *ret, bool keep_stderr, struct diag *reterr)
{
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FIRST_FD);
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, FIRST_FD);
    int r = 0;

    *ret = (struct inetd){.client = -1, .bridge.socket = -1};
    daemon_leave_streams(keep_stderr);
    r = make_client(ret, in, out, reterr);
    fd_close(&in);
    fd_close(&out);
    return r;
}
