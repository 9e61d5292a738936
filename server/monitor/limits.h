#ifndef SERVER_MONITOR_LIMITS_H
#define SERVER_MONITOR_LIMITS_H

#include "policy/settings.h"

/* Everything that a client, a session or a dialer can make grow. */

#define FORWARDS_MAX POLICY_FORWARDS_MAX   /* open, being opened and offered */
#define LISTENERS_MAX POLICY_LISTENERS_MAX /* of one connection */
#define LISTEN_TRIES_MAX 512    /* ports for one that asked for port 0 */
#define CONSOLES_MAX 512        /* session channels that we remember */
#define DIALER_STARTS_MAX 8     /* of one connection; its user may kill it */
#define CHILDREN_MAX 16         /* processes not yet waited for */
#define LOGIN_REQUESTS_MAX 1024 /* USERAUTH_REQUESTs, as sshd */
#define LOGIN_USER_MAX 512      /* bytes of a user name, with the NUL */
#define LOGIN_WORD_MAX 128      /* of a service, method, algorithm name */
#define PASSWORD_MAX 1024       /* bytes, as sshd */
#define RSA_BITS_MIN 1024       /* as sshd's RequiredRSASize */

/*
 * Signatures with a host key.  After the login a rekey needs one; RekeyLimit
 * 5M at 200 MB/s is 40 a second, so that many are always granted and a burst
 * is not felt.  What comes faster waits.
 */
#define SIGN_BURST 100
#define SIGN_PER_SECOND 50

#define PROOFS_MAX 16 /* host keys proven in one request */

/* Lines that the session may put into the log: a burst, then a trickle. */
#define SESSION_LOG_BURST 50
#define SESSION_LOG_PER_SECOND 2

#define GRACE_JITTER_MS 4000     /* LoginGraceTime's random part, as sshd */
#define FAIL_DELAY_MS 10         /* a failure is answered at 10, 20, 40 ... */
#define PEER_NAME_MS 5000        /* UseDNS, both lookups together */
#define PING_INTERVAL_MS 15000   /* watchdog */
#define PINGS_UNANSWERED_MAX 4   /* 60 s: the session hangs */
#define DISCONNECT_GRACE_MS 3000 /* for the session to say goodbye */
#define END_GRACE_MS 5000        /* for PAM to close its session */
#define KILL_GRACE_MS 2000       /* for the kernel, after SIGKILL */

#endif
