#ifndef SERVER_MONITOR_CHECK_H
#define SERVER_MONITOR_CHECK_H

/*
 * portcullis-monitor --check: try the host keys of the bundle in descriptor
 * fd and name the bad ones on stderr.  Returns the exit code: 0 when a key
 * is usable.
 */
int check_host_keys(int fd);

#endif
