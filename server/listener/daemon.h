#ifndef SERVER_LISTENER_DAEMON_H
#define SERVER_LISTENER_DAEMON_H

#include <stdbool.h>

#include "server/listener/say.h"

/* What makes a process a daemon: streams, sessions, files with its number. */

/* Descriptors 0 to 2 exist afterwards. 0 or -errno. */
int daemon_open_streams(void);

/*
 * Undo what the parent did to signals that we depend on: none is blocked, and
 * the ends of children are kept for waitpid(2).  0 or -errno.
 */
int daemon_reset_signals(void);

/* Put /dev/null in their place, but not of stderr if keep_stderr. */
void daemon_leave_streams(bool keep_stderr);

/*
 * What -E means: "%p" is our process id, "%P" our name, "%%" a percent sign.
 * An absolute path, PATH_MAX bytes of room.  0 or -errno.
 */
int daemon_log_path(const char *pattern, char *ret);

/* Append to path, mode 0600, in place of stderr.  0 or -errno. */
int daemon_log_to_file(const char *path);

/*
 * Go on in a child with a session of its own.  The parent stays until the
 * child calls daemon_ready(), and then exits with 0; when the child ends
 * before that, with the child's exit status, or 255.  Returns in the child.
 * ret: what daemon_ready() takes.  0 or -errno.
 */
int daemon_detach(int *ret);

/* Let the parent go; leave the terminal, except for stderr if keep_stderr. */
void daemon_ready(int *parent, bool keep_stderr);

/* No core files: this program holds the bytes of host keys. 0 or -errno. */
int daemon_forbid_cores(void);

/*
 * When a monitor is killed, its children become ours: they end by themselves
 * and are reaped here, whatever process 1 is.  0 or -errno.
 */
int daemon_adopt_orphans(void);

/* 0 or -errno. */
int daemon_write_pid_file(const char *path);

/* Remove it, unless another process has written its number to it. */
void daemon_remove_pid_file(const char *path);

/*
 * As root: the session's root directory, empty, is there or is made.  Nobody
 * else may write to it, who could lay traps there.  Returns 0 or a negative
 * errno and a sentence.
 */
int daemon_make_directory(struct diag *reterr);

/*
 * As root: the account for portcullis-session must exist, and, when make is
 * set, its empty directory, which is made.  Returns 0 or a negative errno
 * and a sentence.
 */
int daemon_check_separation(bool make, struct diag *reterr);

#endif
