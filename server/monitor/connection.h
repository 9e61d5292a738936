#ifndef SERVER_MONITOR_CONNECTION_H
#define SERVER_MONITOR_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "policy/decide.h"
#include "policy/policy.h"
#include "server/base/pace.h"
#include "server/ipc/bundle.h"
#include "server/ipc/uvlink.h"
#include "server/monitor/children.h"
#include "server/monitor/host_keys.h"
#include "server/monitor/outcome.h"
#include "server/monitor/peer.h"
#include "server/monitor/sign.h"
#include "server/monitor/user.h"
#include "server/monitor/words.h"

struct dialer;
struct forward_dials;
struct forward_table;
struct listener;
struct login;
struct pam_link;
struct peer_name;
struct session_link;
struct console;
struct watchdog;

/* Lines that are written once a minute at most, see paced_log.h. */
enum paced_kind {
    PACED_SHORTAGE = 0, /* of descriptors or memory */
    PACED_SOURCE,       /* ListenFrom turned a connection away */
    PACED_FORWARDS,     /* MaxForwards did */
    PACED_COUNT,
};

enum connection_state {
    CONNECTION_AUTH = 0,
    CONNECTION_READY,   /* somebody is logged in */
    CONNECTION_LEAVING, /* the session is saying goodbye */
    CONNECTION_ENDED,   /* waiting for processes */
};

/*
 * One client's connection: what the parts of the monitor share.
 *
 * - settings is the global part until a user is named, then that user's.
 * - user and limits are set when state is READY, and stay.
 * - A part is NULL before it is made; it is freed after the loop only.
 */
struct connection {
    uv_loop_t loop;
    uv_signal_t on_child, on_term;
    uv_prepare_t rest; /* the loop is about to wait: nothing else does */
    uv_timer_t end_timer;
    uv_timer_t grace;          /* until the login */
    uv_timer_t connect_timer;  /* forward_timeout.c */
    uv_timer_t lifetime_timer; /* lifetime.c */
    bool has_no_grace_time;    /* whatever the settings say */
    enum connection_state state;
    bool logged_in;         /* ever */
    struct outcome outcome; /* for the exit code */
    int64_t since_s;        /* of the login, on the calendar's clock */
    bool has_said_end;      /* the line that tells how it ended */
    struct uvlink *daemon;  /* NULL when there is none */

    struct bundle bundle;
    struct facts facts; /* the policy borrows both */
    struct policy *policy;
    const struct settings *settings;
    struct peer peer;
    struct host_keys keys;
    struct signer signer;
    struct children children;

    const struct user *user; /* owned by login */
    const struct key_limits *limits;
    uint32_t last_number; /* of a forward or a listener */
    int client; /* a copy of its socket, for IPQoS; -1 from the login on */

    struct session_link *session;
    struct login *login;
    struct pam_link *pam;
    struct peer_name *peer_name; /* NULL: not looked up */
    struct dialer *dialer;
    struct forward_table *forwards;
    struct forward_dials *dials;
    struct listener *listeners; /* by number; NULL: none */
    struct console *consoles;   /* NULL: none */
    struct pace paces[PACED_COUNT];
    struct watchdog *watchdog;
};

/*
 * Serve the client on socket client (taken) with the configuration in bundle
 * (taken), until it is gone and nothing is left.  daemon_link is taken; -1:
 * none.  Returns the exit code, an enum exit_class.
 */
int connection_run(struct connection *c, int bundle, int client,
                   int daemon_link);

/* Send to the session; fd is taken.  After the end: dropped. */
void connection_send(struct connection *c, enum msg_type type, const void *body,
                     int fd);

/* The login is complete: from here on forwards may be asked for. */
void connection_login(struct connection *c, const struct user *user,
                      const struct key_limits *limits);

/* Say goodbye with an RFC 4253 11.1 code, then end. */
void connection_disconnect(struct connection *c, uint32_t code,
                           const char *text);

/* End at once: kill the session, close what is open, wait, leave the loop. */
void connection_end(struct connection *c);

/* One of our processes broke the rules: log and end at once. */
void connection_breach(struct connection *c, const char *what);

/* Log how the client left. code 0: without a word. */
void connection_say_end(struct connection *c, uint32_t code, const char *text);

/* "user alice 192.0.2.1 port 4242", as sshd names a connection. */
void connection_words(const struct connection *c, char *out, size_t size);

/* For the sentences about forwards. */
struct words_who connection_who(const struct connection *c);

/* A number for the next forward or listener; 0: there are no more. */
uint32_t connection_number(struct connection *c);

#define DISCONNECT_PROTOCOL_ERROR 2 /* RFC 4253 section 11.1 */
#define DISCONNECT_BY_APPLICATION 11
#define DISCONNECT_TOO_MANY_CONNECTIONS 12
#define DISCONNECT_NO_MORE_METHODS 14

#endif
