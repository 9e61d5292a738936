#include "server/pam/dialer_child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "server/base/fd.h"
#include "server/base/spawn.h"

/*
 * A pidfd instead of SIGCHLD: PAM modules fork and wait for helpers of their
 * own, and a handler or an ignored signal would come between them.
 */

void
dialer_child_init(struct dialer_child *d)
{
    *d = (struct dialer_child){.watch = -1};
}

int
dialer_child_start(struct dialer_child *d, int link, uid_t uid, gid_t gid)
{
    char ids[2][16];
    const char *const argv[] = {ids[0], ids[1], NULL};
    const struct spawn spawn = {
        .name = "portcullis-dialer",
        .argv = argv,
        .fds = {link},
        .fd_count = 1,
        .die_with_parent = 1,
    };
    int r = 0;

    dialer_child_done(d);
    snprintf(ids[0], sizeof(ids[0]), "%u", uid);
    snprintf(ids[1], sizeof(ids[1]), "%u", gid);
    r = spawn_start(&spawn, &d->pid);
    if (r < 0) {
        return r;
    }
    d->watch = pidfd_open(d->pid, 0);
    if (d->watch < 0) {
        r = -errno;
        dialer_child_done(d);
    }
    return r;
}

void
dialer_child_done(struct dialer_child *d)
{
    if (d->pid > 0) {
        kill(d->pid, SIGKILL);
        while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    fd_close(&d->watch);
    dialer_child_init(d);
}
