#ifndef SERVER_SSH_LIMITS_H
#define SERVER_SSH_LIMITS_H

/* Everything in the session that a peer could grow, and how far. */

/* An authentication request with the largest key and signature. */
#define LIMIT_AUTH_BYTES 60000

/*
 * Requests that wait for an earlier one's answer: from here on nothing more is
 * read.  What one read of libssh may still bring along fits below the other.
 */
#define LIMIT_EVENTS_PAUSE 128
#define LIMIT_EVENTS 1024

/* Bytes that libssh has encrypted and the client has not taken. */
#define LIMIT_BACKLOG (256 * 1024)

/*
 * Forwards stop being read at LIMIT_BACKLOG; only replies go on growing it.
 * Beyond this a client that takes none is not read any more.
 */
#define LIMIT_BACKLOG_HARD (1024 * 1024)

/* One read from a forward's socket. */
#define LIMIT_CHUNK (64 * 1024)

/*
 * Bytes of one channel inside libssh.  Version 0.10 grants at most 1,280,000
 * and accepts more: a client beyond twice that ignores windows.  0.11 and
 * later grant 2 MiB and enforce it.
 */
#define LIMIT_CHANNEL_BYTES (2 * 1280000)

/* Smallest "maximum packet size" of a channel that is worth talking to. */
#define LIMIT_PACKET_MIN 1024

/* Text that waits for a session channel's window. */
#define LIMIT_TERMINAL_BYTES (64 * 1024)

/* Rounds of reading before other descriptors get a turn (4 KiB each). */
#define LIMIT_READ_ROUNDS 64

#endif
