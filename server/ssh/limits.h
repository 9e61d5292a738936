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
#define LIMIT_EVENTS 8192

/* Bytes that libssh has encrypted and the kernel has not taken. */
#define LIMIT_BACKLOG (64 * 1024)

/*
 * Bytes that the kernel has taken and not sent yet: it asks for no more above
 * this, so that what is urgent does not queue behind megabytes.
 */
#define LIMIT_UNSENT (128 * 1024)

/*
 * Forwards stop being read at LIMIT_BACKLOG; only replies go on growing it.
 * Beyond this a client that takes none is not read any more.
 */
#define LIMIT_BACKLOG_HARD (1024 * 1024)

/* One read from a forward's socket; less while several forwards speak. */
#define LIMIT_CHUNK (256 * 1024)
#define LIMIT_CHUNK_SHARED (64 * 1024)

/*
 * What a client may send on a forward before it is delivered: always this
 * much, at first the second, as long as there are few, and up to the third
 * while the target keeps up.  All forwards of a connection together have the
 * pool on top of LIMIT_WINDOW for each.
 */
#define LIMIT_WINDOW ((size_t)128 * 1024)
#define LIMIT_WINDOW_FIRST ((size_t)2 * 1024 * 1024)
#define LIMIT_WINDOW_MAX ((size_t)16 * 1024 * 1024)
#define LIMIT_WINDOW_POOL ((size_t)64 * 1024 * 1024)

/* Smallest "maximum packet size" of a channel that is worth talking to. */
#define LIMIT_PACKET_MIN 1024

/* Text that waits for a session channel's window. */
#define LIMIT_TERMINAL_BYTES (64 * 1024)

/* Requests, and bytes, to read before other descriptors get a turn. */
#define LIMIT_READ_ROUNDS 64
#define LIMIT_READ_BYTES (256 * 1024)

/* One read of the client's socket, once it has logged in. */
#define LIMIT_READ (128 * 1024)

#endif
