#ifndef SERVER_DIALER_PATH_H
#define SERVER_DIALER_PATH_H

#include "server/ipc/msg.h"

/*
 * Sockets in the file system, as the user.  A relative path is one below the
 * working directory, which is / as with sshd.  There are no abstract names:
 * an empty path is -EINVAL; one that does not fit is -ENAMETOOLONG.
 */

/* A non-blocking stream to what listens on path.  0 with *ret, -EAGAIN when
 * its queue is full, or another -errno. */
int path_connect(const char *path, int *ret);

/*
 * Listen on m->path; the file's mode is 0777 less m->mask.  With m->unlink
 * whatever stood there is removed first; without it that is -EADDRINUSE.
 * The file stays when the socket is closed.  0 with *ret, or -errno.
 */
int path_listen(const struct msg_dial_path *m, int *ret);

#endif
