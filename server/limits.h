#ifndef SERVER_LIMITS_H
#define SERVER_LIMITS_H

#include <stddef.h>

/*
 * Every ceiling that a peer can reach, and every time that it can make us
 * wait: of strangers, of users, and of our own processes, of which any may be
 * in a peer's hands.  Grouped by who enforces it.  docs/limits.md has a row for
 * each with what happens there and which test goes there; tests/lint/limits.sh
 * holds the page against this file.
 *
 * What a keyword sets has its bounds in policy/settings.h.  What only the
 * administrator can make grow (configuration files, host keys) is not here.
 */

/* ---- the daemon: strangers who connect ---- */

/* Clients that wait to be accepted, listen(2); as sshd.  Dialers too. */
#define LIMIT_ACCEPT_QUEUE 128

/* Accepted in one go, before other events get their turn.  Dialers too. */
#define LIMIT_ACCEPT_ROUND 16

/* How long nobody is accepted after descriptors or memory ran out. */
#define DAEMON_ACCEPT_PAUSE_MS 100

/* A monitor that is still there so long after LoginGraceTime is killed: four
 * seconds are its random part, the rest is for ending. */
#define GRACE_OVERDUE_MS 20000

/* -i on two pipes: bytes copied at once, and how long the last ones of a
 * connection may take to be written. */
#define LIMIT_BRIDGE_BYTES 65536
#define BRIDGE_PATIENCE_MS 10000

/* ---- the monitor: a client before its login ---- */

#define LIMIT_LOGIN_REQUESTS 1024 /* USERAUTH_REQUESTs, as sshd */
#define LIMIT_USER_BYTES 512      /* of a user name, with the NUL */
#define LIMIT_WORD_BYTES 128      /* of a service, method, algorithm name */
#define LIMIT_PASSWORD_BYTES 1024 /* as sshd; pam too */
#define LIMIT_RSA_BITS_MIN 1024   /* as sshd's RequiredRSASize */

#define GRACE_JITTER_MS 4000 /* LoginGraceTime's random part, as sshd */
#define FAIL_DELAY_MS 10     /* a failure is answered at 10, 20, 40 ... */
#define PEER_NAME_MS 5000    /* UseDNS, both lookups together */

/* ---- the monitor: a connection ---- */

/*
 * Forwards: open, being opened and offered; the most that MaxForwards can be
 * (POLICY_FORWARDS_MAX).  Each is a descriptor of the session, so the hard
 * limit of open files may set less.
 */
#define LIMIT_FORWARDS 16384

/* Listeners, also those being bound; POLICY_LISTENERS_MAX.  Dialers too. */
#define LIMIT_LISTENERS 1024

/* Descriptors of a monitor or a session beyond one for each forward. */
#define LIMIT_SPARE_FILES 64

/*
 * Unconnected sockets of the user that a monitor keeps for opens to come, of
 * each family; half of them are ordered at a time, and one message brings up
 * to 16.  None before so many opens within a time, nor so long after the last.
 */
#define LIMIT_STOCK 32
#define STOCK_OPENS 8
#define STOCK_WINDOW_MS 1000
#define STOCK_IDLE_MS 3000

/* Connects of such sockets that are waited for; more go by the dialer. */
#define LIMIT_STOCK_DIALS 128

/* A connect that is made to block is interrupted after so long. */
#define STOCK_STALL_MS 1000

#define LIMIT_LISTEN_TRIES 512   /* ports for one that asked for port 0 */
#define LIMIT_CONSOLES 512       /* session channels that we remember */
#define LIMIT_PROOFS 16          /* host keys proven in one request */
#define LIMIT_STATUS_BYTES 60000 /* of the status page; the rest is counted */

/*
 * Signatures with a host key.  After the login a rekey needs one; RekeyLimit
 * 5M at 200 MB/s is 40 a second, so that many are always granted and a burst
 * is not felt.  What comes faster waits.
 */
#define LIMIT_SIGN_BURST 100
#define LIMIT_SIGN_PER_SECOND 50

/* Lines that the session may put into the log: a burst, then a trickle. */
#define LIMIT_SESSION_LOG_BURST 50
#define LIMIT_SESSION_LOG_PER_SECOND 2

/* A line that others cause and that says the same each time. */
#define LIMIT_PACE_MS 60000

#define LIMIT_DIALER_STARTS 8 /* of one connection; its user may kill it */
#define LIMIT_CHILDREN 16     /* processes not yet waited for */

#define PING_INTERVAL_MS 30000   /* watchdog; wakes two idle processes */
#define PING_LOGIN_MS 2000       /* the first one after the login */
#define LIMIT_PINGS 2            /* unanswered, 60 s: the session hangs */
#define DISCONNECT_GRACE_MS 3000 /* for the session to say goodbye */
#define END_GRACE_MS 5000        /* for PAM to close its session */
#define KILL_GRACE_MS 2000       /* for the kernel, after SIGKILL */

/* ---- the links between our processes ---- */

#define LIMIT_MESSAGE_BYTES 65536 /* of one message, and of one datagram */
#define LIMIT_ADDRESSES 16        /* in one message: of a name, a listener */
#define LIMIT_PROMPTS 16          /* in one keyboard-interactive round */
#define LIMIT_GROUPS 1024         /* supplementary groups of a user */

/*
 * What a process that does not read makes wait: four messages for each forward
 * that there can be, and as many bytes as their opens have with long names.
 */
#define LIMIT_LINK_MESSAGES 65536
#define LIMIT_LINK_BYTES ((size_t)8 * 1024 * 1024)

/* Of one datagram: a receiver handles all of it before others get a turn. */
#define LIMIT_DATAGRAM_MESSAGES 64
#define LIMIT_DATAGRAM_FDS 16

#define LIMIT_LINK_ROUND 32 /* messages read before others get a turn */
#define LINK_RETRY_MS 50    /* after the kernel had no memory for one */

/* Who leaves waits so long for a peer that takes none of the last words. */
#define LINK_PATIENCE_MS 2000

/* ---- the dialer: the user's targets ---- */

#define LIMIT_LOOKUPS 256 /* names being resolved, also forgotten ones */
#define LOOKUP_STACK_SIZE (1 << 20) /* bytes, untouched ones cost nothing */

/* Connects under way, and full queues of services that are waited for. */
#define LIMIT_DIALS 512

/* Descriptors: a dial may try two addresses at a time, and a listener mostly
 * has two sockets. */
#define LIMIT_DIALER_FILES (2 * LIMIT_DIALS + 2 * LIMIT_LISTENERS + 64)

/* RFC 8305 section 5, "Connection Attempt Delay". */
#define CONNECTION_ATTEMPT_DELAY_MS 250U

#define PATH_RETRY_MS 10U  /* then twice as long each time, 1.3 s in all */
#define LIMIT_PATH_TRIES 7 /* at a socket whose queue is full */

#define LIMIT_INCOMING 64    /* messages that the monitor has not taken */
#define INCOMING_PAUSE_MS 20 /* while it is that far behind */
#define DIALER_ACCEPT_PAUSE_MS 1000 /* as sshd, when descriptors run out */

/* ---- the session: the SSH connection and its channels ---- */

/* An authentication request with the largest key and signature. */
#define LIMIT_AUTH_BYTES 60000

/*
 * Requests that wait for an earlier one's answer: from here on nothing more is
 * read.  What one read of libssh may still bring along fits below the other.
 */
#define LIMIT_EVENTS_PAUSE 128
#define LIMIT_EVENTS 8192

/* The same in bytes: less than one read, and what fits into two. */
#define LIMIT_EVENTS_BYTES_PAUSE ((size_t)64 * 1024)
#define LIMIT_EVENTS_BYTES ((size_t)1024 * 1024)

/*
 * A channel open that is looked at: two names, or a path; and of all opens
 * that wait together.
 */
#define LIMIT_OPEN_BYTES ((size_t)8192)
#define LIMIT_OPENS_BYTES ((size_t)1024 * 1024)

/* Bytes that libssh has encrypted and the kernel has not taken. */
#define LIMIT_BACKLOG (64 * 1024)

/*
 * Bytes that the kernel has taken and not sent yet: it asks for no more above
 * this, so that what is urgent does not queue behind megabytes.
 */
#define LIMIT_UNSENT (128 * 1024)

/* Packets of ours that add up to less than this are sent together. */
#define LIMIT_UNSENT_HELD (16 * 1024)

/*
 * Forwards stop being read at LIMIT_BACKLOG; only replies go on growing it.
 * Beyond this a client that takes none is not read any more.
 */
#define LIMIT_BACKLOG_HARD (1024 * 1024)

/*
 * Packets of ours that wait for the client's part of a key exchange, with what
 * libssh needs to keep them.  It has to be read meanwhile, so a client that
 * makes more wait is ended.
 */
#define LIMIT_HELD ((size_t)4 * 1024 * 1024)

/* One read from a forward's socket; less while several forwards speak. */
#define LIMIT_CHUNK (256 * 1024)
#define LIMIT_CHUNK_SHARED (64 * 1024)

/*
 * What a client may send on a forward before it is delivered: always this
 * much, and at first the second, as long as there are few.  MaxForwardWindow
 * says how far it grows, and what all forwards of a connection together have
 * on top of LIMIT_WINDOW for each.
 */
#define LIMIT_WINDOW ((size_t)128 * 1024)
#define LIMIT_WINDOW_FIRST ((size_t)2 * 1024 * 1024)

/* Smallest "maximum packet size" of a channel that is worth talking to. */
#define LIMIT_PACKET_MIN 1024

/* Text that waits for a session channel's window. */
#define LIMIT_TERMINAL_BYTES (64 * 1024)

/* Requests, and bytes, to read before other descriptors get a turn. */
#define LIMIT_READ_ROUNDS 64
#define LIMIT_READ_BYTES (256 * 1024)

/*
 * One read of the client's socket, once it has logged in.  libssh 0.10 calls
 * itself for each packet in it: of the smallest packets, with as much stack
 * for each as below (136 bytes in Debian 12's, more without optimisation), all
 * have to fit into half of the stack, or it is less.
 */
#define LIMIT_READ ((size_t)128 * 1024)
#define LIMIT_READ_MIN ((size_t)4096)
#define LIMIT_READ_PACKET 28
#define LIMIT_READ_STACK 512

/*
 * Compressed packets that come in such a read may grow to so much; from then
 * on reads are libssh's, of 4096 bytes, which make 4 MiB at most.
 */
#define LIMIT_INFLATED ((size_t)1024 * 1024)

#endif
