#ifndef SERVER_IPC_MSG_H
#define SERVER_IPC_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"
#include "server/ipc/wire.h"
#include "server/limits.h"

/*
 * What the processes of a connection say to each other.  One table (msg.c)
 * has a row a message: who may send it to whom, when, how large, whether it
 * carries a descriptor, and its fields.  docs/architecture.md is its reader.
 *
 * Texts are NUL-terminated and borrowed from the frame that was decoded.
 */

enum msg_type {
    MSG_NONE = 0,

    /* Session and monitor. */
    MSG_SETUP,           /* M>S struct msg_setup: the first message */
    MSG_SIGN,            /* S>M sync: struct msg_sign */
    MSG_SIGNED,          /* M>S sync: struct msg_signed */
    MSG_AUTH_REQUEST,    /* S>M struct msg_bytes: USERAUTH_REQUEST payload */
    MSG_AUTH_RESPONSE,   /* S>M struct msg_bytes: INFO_RESPONSE payload */
    MSG_AUTH_FAILURE,    /* M>S struct msg_auth_failure */
    MSG_AUTH_PK_OK,      /* M>S struct msg_auth_pk_ok */
    MSG_AUTH_PROMPT,     /* M>S struct msg_prompt */
    MSG_AUTH_BANNER,     /* M>S struct msg_text */
    MSG_AUTH_SUCCESS,    /* M>S struct msg_terms */
    MSG_OPEN,            /* S>M struct msg_open: direct-tcpip */
    MSG_OPEN_PATH,       /* S>M struct msg_path: direct-streamlocal */
    MSG_OPENED,          /* M>S struct msg_id, with the connected socket */
    MSG_OPEN_REFUSED,    /* M>S struct msg_refused */
    MSG_LISTEN,          /* S>M struct msg_listen: tcpip-forward */
    MSG_LISTEN_DONE,     /* M>S struct msg_listen_done */
    MSG_UNLISTEN,        /* S>M struct msg_listen: cancel-tcpip-forward */
    MSG_LISTEN_PATH,     /* S>M struct msg_path: streamlocal-forward */
    MSG_UNLISTEN_PATH,   /* S>M struct msg_path: cancel of it */
    MSG_ACCEPTED,        /* M>S struct msg_accepted, with the socket */
    MSG_ACCEPTED_PATH,   /* M>S struct msg_accepted_path, with the socket */
    MSG_ACCEPT_OPENED,   /* S>M struct msg_id: the client took it */
    MSG_ACCEPT_REFUSED,  /* S>M struct msg_refused: the client did not */
    MSG_FORWARD_CLOSED,  /* S>M struct msg_forward_closed */
    MSG_SESSION_OPEN,    /* S>M struct msg_id: a session channel */
    MSG_SESSION_REQUEST, /* S>M struct msg_session_request */
    MSG_SESSION_REPLY,   /* M>S struct msg_session_reply */
    MSG_SESSION_TEXT,    /* M>S struct msg_session_text */
    MSG_SESSION_EXIT,    /* M>S struct msg_session_exit */
    MSG_SESSION_LEAVE,   /* S>M struct msg_id: end of input, Ctrl-C, q */
    MSG_SESSION_CLOSED,  /* S>M struct msg_id */
    MSG_PROVE,           /* S>M struct msg_prove: hostkeys-prove-00 */
    MSG_PROVED,          /* M>S struct msg_prove: signatures, or nothing */
    MSG_PING,            /* M>S struct msg_id: watchdog */
    MSG_PONG,            /* S>M struct msg_id */
    MSG_LOG,             /* S>M struct msg_log: untrusted words */
    MSG_PEER_GONE,       /* S>M struct msg_disconnect: how it ended */
    MSG_DEBUG,           /* M>S struct msg_text: SSH_MSG_DEBUG, shown by -v */
    MSG_DISCONNECT,      /* M>S struct msg_disconnect: say it and end */

    /* Monitor and pam. */
    MSG_PAM_START,       /* M>P struct msg_pam_start */
    MSG_PAM_PASSWORD,    /* M>P struct msg_text */
    MSG_PAM_INTERACTIVE, /* M>P struct msg_none */
    MSG_PAM_PROMPT,      /* P>M struct msg_prompt */
    MSG_PAM_ANSWER,      /* M>P struct msg_answer */
    MSG_PAM_ACCOUNT,     /* M>P struct msg_none */
    MSG_PAM_SESSION,     /* M>P struct msg_pam_session */
    MSG_PAM_DIALER,      /* M>P struct msg_none, with the dialer's link */
    MSG_PAM_RESULT,      /* P>M struct msg_pam_result: one per request */

    /* Monitor and dialer. */
    MSG_RESOLVE,      /* M>D struct msg_resolve */
    MSG_RESOLVED,     /* D>M struct msg_resolved */
    MSG_NAME_OF,      /* M>D struct msg_name_of */
    MSG_NAMED,        /* D>M struct msg_named */
    MSG_CONNECT,      /* M>D struct msg_connect */
    MSG_CONNECT_PATH, /* M>D struct msg_dial_path */
    MSG_CONNECTED,    /* D>M struct msg_connected, with the socket */
    MSG_CANCEL,       /* M>D struct msg_id: forget a resolve or connect */
    MSG_BIND,         /* M>D struct msg_connect: listen on these */
    MSG_BIND_PATH,    /* M>D struct msg_dial_path: listen there */
    MSG_BIND_SOCKET,  /* M>D struct msg_bind_socket, with a listening one */
    MSG_BOUND,        /* D>M struct msg_bound */
    MSG_UNBIND,       /* M>D struct msg_id */
    MSG_INCOMING,     /* D>M struct msg_incoming, with the socket or,
                       * when none can be accepted, without */
    MSG_STOCK,        /* M>D struct msg_stock: sockets to connect later */
    MSG_SOCKET,       /* D>M struct msg_socket, with one of them */

    /* Monitor and daemon. */
    MSG_ADMIT,     /* M>L struct msg_admit: count this user's login */
    MSG_ADMITTED,  /* L>M struct msg_admitted */
    MSG_LOGGED_IN, /* M>L struct msg_none: the start-up slot is free */

    MSG_COUNT,
};

/* Which way a message travels. */
enum msg_route {
    ROUTE_NONE = 0,
    ROUTE_SESSION_TO_MONITOR,
    ROUTE_MONITOR_TO_SESSION,
    ROUTE_SYNC_TO_MONITOR, /* the link for calls: sign */
    ROUTE_SYNC_TO_SESSION,
    ROUTE_MONITOR_TO_PAM,
    ROUTE_PAM_TO_MONITOR,
    ROUTE_MONITOR_TO_DIALER,
    ROUTE_DIALER_TO_MONITOR,
    ROUTE_MONITOR_TO_LISTENER,
    ROUTE_LISTENER_TO_MONITOR,
};

enum msg_phase {
    PHASE_AUTH = 1 << 0,  /* nobody is logged in yet */
    PHASE_READY = 1 << 1, /* the monitor has accepted a user */
    PHASE_ANY = PHASE_AUTH | PHASE_READY,
};

struct msg_none {
    uint8_t unused; /* always 0: there are no zero-length messages */
};

struct msg_id {
    uint32_t id;
};

struct msg_text {
    const char *text;
};

struct msg_bytes {
    struct wire_bytes bytes;
};

/* Everything the session has to know; it sees no configuration. */
struct msg_setup {
    const char *identification; /* after "SSH-2.0-" */
    const char *kex;            /* comma lists, in order of preference */
    const char *ciphers;
    const char *macs;
    const char *host_key_algorithms;
    const char *signature_algorithms; /* server-sig-algs of RFC 8308 */
    uint64_t rekey_bytes;             /* 0: the cipher's default */
    uint32_t rekey_seconds;           /* 0: never by time */
    uint32_t max_channels;
    uint32_t window_ceiling; /* no terms have a larger window_total */
    uint8_t compression;     /* offer zlib@openssh.com */
    struct wire_bytes rsa;   /* public blobs of the host keys, or empty */
    struct wire_bytes ecdsa;
    struct wire_bytes ed25519;
};

struct msg_sign {
    uint8_t key;            /* enum host_key_type */
    uint32_t digest;        /* OpenSSL NID; 0 for Ed25519 */
    struct wire_bytes hash; /* the exchange hash: 32, 48 or 64 bytes */
};

struct msg_signed {
    struct wire_bytes signature; /* as EVP_DigestSign gives it; empty: no */
};

struct msg_auth_failure {
    const char *methods; /* name-list that can continue, RFC 4252 5.1 */
    uint8_t partial;
};

struct msg_auth_pk_ok {
    const char *algorithm;
    struct wire_bytes blob;
};

struct msg_prompt {
    const char *name;
    const char *instruction;
    uint32_t count;
    const char *prompts[LIMIT_PROMPTS];
    uint8_t echo[LIMIT_PROMPTS];
};

struct msg_answer {
    uint32_t count;
    const char *answers[LIMIT_PROMPTS]; /* secret: wipe the frame */
};

/* Types of forward channels, as ChannelTimeout tells them apart. */
enum channel_kind {
    CHANNEL_DIRECT_TCPIP = 0,
    CHANNEL_FORWARDED_TCPIP,
    CHANNEL_DIRECT_PATH,
    CHANNEL_FORWARDED_PATH,
    CHANNEL_KIND_COUNT,
};

/*
 * What the session has to keep to, now that it is known who logged in.  Times
 * are in seconds; 0 is never.
 */
struct msg_terms {
    uint64_t rekey_bytes;
    uint32_t rekey_seconds;
    uint32_t max_sessions;
    uint32_t alive_interval;
    uint32_t alive_count_max; /* 0: probe, but never give up */
    uint32_t unused_timeout;
    uint32_t idle_timeout[CHANNEL_KIND_COUNT];
    uint32_t global_timeout; /* traffic on any channel counts for all */
    uint64_t forward_rate;   /* bytes a second, each way; 0: no limit */
    uint32_t window_each;    /* bytes, MaxForwardWindow */
    uint32_t window_total;
};

/* direct-tcpip, the fields exactly as they stood on the wire. */
struct msg_open {
    uint32_t id; /* chosen by the session; never reused on a connection */
    struct wire_bytes host;
    uint32_t port;
    struct wire_bytes originator;
    uint32_t originator_port;
};

/* direct-streamlocal, streamlocal-forward and its cancel, as on the wire. */
struct msg_path {
    uint32_t id;
    struct wire_bytes path;
    uint8_t wants_reply; /* not for an open */
};

struct msg_accepted_path {
    uint32_t id; /* as in struct msg_accepted */
    const char *path;
};

/* "string" after "string": public blobs to prove, or the proofs. */
struct msg_prove {
    uint32_t id;
    struct wire_bytes list;
};

struct msg_refused {
    uint32_t id;
    uint32_t reason; /* RFC 4254 section 5.1 */
    const char *text;
};

/* tcpip-forward and cancel-tcpip-forward, as on the wire. */
struct msg_listen {
    uint32_t id;
    struct wire_bytes host;
    uint32_t port;
    uint8_t wants_reply;
};

struct msg_listen_done {
    uint32_t id; /* of the MSG_LISTEN or MSG_UNLISTEN */
    uint8_t ok;
    uint32_t port; /* allocated, when 0 was asked for; else 0 */
};

/* forwarded-tcpip: host and port as the client asked for them. */
struct msg_accepted {
    uint32_t id; /* chosen by the monitor, top bit set */
    const char *host;
    uint32_t port;
    const char *originator;
    uint32_t originator_port;
};

#define MSG_ACCEPTED_BIT 0x80000000U /* in ids of forwarded connections */

struct msg_forward_closed {
    uint32_t id;
    uint64_t bytes_up;   /* client to target */
    uint64_t bytes_down; /* target to client */
};

enum session_request {
    SESSION_SHELL = 1,
    SESSION_EXEC,
    SESSION_SUBSYSTEM,
    SESSION_X11, /* refused already, no reply: only to say what to do */
};

struct msg_session_request {
    uint32_t id;
    uint8_t kind; /* enum session_request */
    struct wire_bytes command;
    uint8_t has_terminal; /* a pty-req came before */
};

struct msg_session_reply {
    uint32_t id;
    uint8_t ok;
};

struct msg_session_text {
    uint32_t id;
    uint8_t is_error; /* stderr */
    const char *text;
};

struct msg_session_exit {
    uint32_t id;
    uint32_t status;
};

struct msg_log {
    uint32_t level; /* enum log_level */
    const char *text;
};

struct msg_disconnect {
    uint32_t code; /* RFC 4253 section 11.1; 0: the peer just left */
    const char *text;
};

struct msg_pam_start {
    const char *service;
    const char *user;
    const char *remote_host;    /* "" when unknown */
    const char *ssh_connection; /* "cip cport sip sport" */
    uint8_t forbid_empty_password;
};

/* The account that pam_open_session and the dialer are for. */
struct msg_pam_session {
    uint32_t uid;
    uint32_t gid;
    const char *home;
    uint8_t authenticated_by_pam; /* then a failing setcred is fatal */
};

struct msg_pam_result {
    uint8_t ok;
    uint8_t expired;    /* account phase: a new password is required */
    uint8_t exhausted;  /* PAM_MAXTRIES: no more passwords here */
    const char *text;   /* words for the client, may be "" */
    const char *detail; /* words for our log: what PAM said, "" when ok */
};

struct msg_address {
    uint8_t family; /* enum address_family */
    uint8_t bytes[16];
    uint32_t scope;
};

struct msg_addresses {
    uint32_t count;
    struct msg_address list[LIMIT_ADDRESSES];
};

struct msg_resolve {
    uint32_t id;
    const char *host;
    uint8_t family;  /* enum address_family; ADDRESS_NONE: both */
    uint8_t passive; /* for bind */
};

struct msg_resolved {
    uint32_t id;
    int32_t lack; /* negative errno of what ran out, or 0; then error is set */
    const char *error; /* the resolver's words; "" when there are addresses */
    struct msg_addresses addresses;
};

struct msg_name_of {
    uint32_t id;
    struct msg_addresses address; /* one */
};

struct msg_named {
    uint32_t id;
    const char *name; /* "" when the address has none; not confirmed yet */
};

/* Also MSG_BIND: port may be 0 there, the same number for all families. */
struct msg_connect {
    uint32_t id;
    uint16_t port;
    struct msg_addresses addresses;
};

/* mask and unlink: for binding, sshd_config(5) StreamLocalBind*. */
struct msg_dial_path {
    uint32_t id;
    const char *path;
    uint32_t mask;
    uint8_t unlink;
};

/*
 * The monitor has bound the socket, where the kernel would not let the user.
 * All with one id are one listener; the answer to the last is MSG_BOUND.
 */
struct msg_bind_socket {
    uint32_t id;
    uint8_t is_last;
};

struct msg_connected {
    uint32_t id;
    int32_t error;  /* 0, with the descriptor; or a negative errno */
    uint32_t index; /* which address, when error is 0; 0 for a path */
};

struct msg_bound {
    uint32_t id;
    int32_t error; /* of the first address, when count is 0 */
    uint16_t port;
    struct msg_addresses addresses; /* those that are listening */
};

struct msg_incoming {
    uint32_t id;               /* of the MSG_BIND */
    struct msg_addresses peer; /* one; none on a Unix socket */
    uint16_t peer_port;
};

/* As many answers come, one of them the last when sockets cannot be made. */
struct msg_stock {
    uint8_t family; /* enum address_family */
    uint32_t count;
};

struct msg_socket {
    uint8_t family;
    int32_t error; /* 0, with the descriptor; or why no more of them come */
};

/* The proof was good: is there room for one more connection of this user? */
struct msg_admit {
    uint32_t uid;
    uint64_t limit; /* connections of the user, with this one; 0: none */
};

struct msg_admitted {
    uint8_t ok; /* it counts from now on, until the link ends */
};

/*
 * May a message of this type and size arrive on this route now?  Asked before
 * a single byte of the body is looked at; no means: end the connection.
 */
bool msg_allowed(uint32_t type, enum msg_route route, enum msg_phase now,
                 size_t body, bool has_fd);

/* Does a descriptor come with it?  Without one there was none left. */
bool msg_carries_fd(uint32_t type);

/* For log lines: "open-refused", or "unknown". */
const char *msg_name(uint32_t type);

/*
 * Write type and the struct that belongs to it into out.  Returns bytes
 * written, or -EMSGSIZE.
 */
long msg_encode(enum msg_type type, const void *body, void *out, size_t size);

/*
 * Read a body (without its type) into the struct that belongs to type; texts
 * and bytes in it point into the body, which is changed (texts get a NUL).
 * Returns 0, or -EBADMSG with *ret zeroed.
 */
int msg_decode(enum msg_type type, uint8_t *body, size_t size, void *ret);

/* Between policy's address and the message's. */
struct msg_address msg_address_of(const struct address *a);
/* -EBADMSG when family is none of ours. */
int msg_address_get(const struct msg_address *m, struct address *ret);

#endif
