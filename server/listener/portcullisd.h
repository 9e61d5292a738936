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
#define LISTEN_BACKLOG 128

/* Accepted in one go, before other events get their turn. */
#define ACCEPT_BUDGET 16
/* How long nobody is accepted after descriptors or memory ran out. */
#define ACCEPT_PAUSE_MS 100
/* How often the log says that they did. */
#define ACCEPT_COMPLAINT_MS 60000

/*
 * A monitor that is still there so long after LoginGraceTime is killed: four
 * seconds are its random part, the rest is for ending.
 */
#define GRACE_OVERDUE_MS 20000

/* -i on two pipes: bytes copied at once, and how long the last ones of a
 * connection may take to be written. */
#define BRIDGE_BUFFER 65536
#define BRIDGE_PATIENCE_MS 10000

/* How long a message waits for room in the service manager's queue. */
#define NOTIFY_PATIENCE_S 2

/* For portcullis-monitor --check and portcullis-session -V. */
#define INQUIRY_TIMEOUT_MS 10000
#define INQUIRY_BYTES_MAX 8192

#endif
