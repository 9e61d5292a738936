#ifndef SERVER_PAM_DIALER_CHILD_H
#define SERVER_PAM_DIALER_CHILD_H

#include <sys/types.h>

/*
 * The one dialer of a connection.  pid is 0 and watch -1 when none runs;
 * watch is readable once it has ended.
 */
struct dialer_child {
    pid_t pid;
    int watch; /* pidfd, owned */
};

void dialer_child_init(struct dialer_child *d);

/*
 * Start a dialer for uid and gid that serves link (borrowed); one that still
 * runs is ended first.  It drops its privileges itself, and inherits from
 * this process what PAM gave to the session.  0 or -errno.
 */
int dialer_child_start(struct dialer_child *d, int link, uid_t uid, gid_t gid);

/* End it if it runs, and leave no zombie.  Also after watch was readable. */
void dialer_child_done(struct dialer_child *d);

#endif
