#ifndef SERVER_BASE_FD_H
#define SERVER_BASE_FD_H

/* Close *fd when it is open and set it to -1.  errno is preserved. */
void fd_close(int *fd);

/* 0 or -errno. */
int fd_set_nonblocking(int fd, int on);

/* For a descriptor that came through exec: it goes no further. 0 or -errno. */
int fd_set_cloexec(int fd);

/* A number that getsockopt(2) tells of SOL_SOCKET, or -1. */
int fd_socket_option(int fd, int option);

/*
 * Close every descriptor from `first` up.  For a role that was just started
 * and holds only what it was given.  0 or -errno.
 */
int fd_close_from(int first);

/*
 * Put standard input, which is /dev/null in our roles, over standard output
 * and error: the daemon's log is not theirs.  Sanitized builds keep them, to
 * report.  0 or -errno.
 */
int fd_silence_output(void);

#endif
