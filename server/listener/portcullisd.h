#ifndef SERVER_LISTENER_PORTCULLISD_H
#define SERVER_LISTENER_PORTCULLISD_H

/* Exit statuses, as sshd's: whoever restarts the daemon tells by them whether
 * that is of use. */
#define STATUS_USAGE 1
#define STATUS_FATAL 255

/* How far the daemon goes: every count and time that has a ceiling. */

#define OVERRIDE_MAX 256 /* -o, -p, -h, -g, -4, -6, -q, -d together */

#define HOST_KEY_BYTES_MAX ((size_t)64 << 10) /* of one key file */

#define LISTEN_SOCKET_MAX 16

/* How long a message waits for room in the service manager's queue. */
#define NOTIFY_PATIENCE_S 2

/* For portcullis-monitor --check and portcullis-session -V. */
#define INQUIRY_TIMEOUT_MS 10000
#define INQUIRY_BYTES_MAX 8192

#endif
