#ifndef SERVER_SSH_STATE_H
#define SERVER_SSH_STATE_H

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <stdbool.h>
#include <uv.h>

#include "server/ssh/hooks.h"
#include "server/ssh/rate.h"
#include "server/ssh/transport.h"
#include "server/ssh/window.h"

/* What the files of this folder share.  Nothing outside includes it. */

/* A packet that a hook recorded and that waits for its turn. */
struct event {
    struct event *next;
    enum hook hook;
    size_t size;
    uint8_t bytes[];
};

struct events {
    struct event *head, **tail;
    size_t count;
    size_t size; /* of all packets */
};

/* A channel open of the client, until it is accepted or refused. */
struct open_request {
    struct open_request *next; /* in its bucket */
    uint32_t id;               /* ours; travels through libssh as a host name */
    uint32_t sender;           /* the client's channel number */
    uint32_t packet_size;      /* of the client */
    uint32_t window;           /* ours, at first */
    enum channel_kind kind;
    uint32_t local_channel; /* ours, once it is accepted */
    ssh_message message;    /* NULL until libssh hands it over */
    bool asked;             /* the monitor's answer is due */
    size_t size;
    uint8_t payload[]; /* type, and what is behind "maximum packet size" */
};

struct relay;
struct relay_watch;
struct terminal;

struct relay_queue {
    struct relay *head, **tail;
};

/* All forwards, see relay_state.h. */
struct relays {
    struct relay *all;
    struct relay *by_channel[256]; /* by our channel's number, modulo */
    struct relay_queue changed;    /* something can be done for them */
    struct relay_queue waiting;    /* for the client to take what there is */
    struct relay *ended;           /* to be buried */
    struct relay_watch **watches;  /* by descriptor; some are NULL */
    size_t watch_count;
    const struct relay *speaker; /* whose target spoke last */
    uint64_t shared_ms;          /* when it last was another's than before */
    struct window_pool pool;
};

/* What a login brought along; times in milliseconds, 0 is never. */
struct terms {
    uint64_t alive_interval_ms;
    uint32_t alive_count_max;
    uint32_t max_sessions;
    uint64_t unused_timeout_ms;
    uint64_t idle_timeout_ms[CHANNEL_KIND_COUNT];
    uint64_t global_timeout_ms;
};

/*
 * Invariants: while auth_waiting or global_waiting an answer of the monitor
 * is due and no request behind it is looked at; live counts relays and
 * terminals; libssh reads only inside read_client() and exchange_keys();
 * after `over` nothing is sent and no handle is armed.
 */
struct transport {
    uv_poll_t poll;
    uv_prepare_t prepare;  /* settles what an iteration left behind */
    uv_idle_t again;       /* there is more to settle: do not sleep */
    uv_timer_t farewell;   /* a disconnect message that will not leave */
    uv_timer_t second;     /* watch.c, while there are times to keep */
    uv_timer_t rate_timer; /* relay_rate.c, while somebody waits */
    struct transport_owner owner;
    ssh_bind bind;
    ssh_session session;
    struct ssh_counter_struct socket_bytes, packets;
    size_t read_size; /* once it has logged in; 0: libssh's */
    bool unread;      /* the last reading ended by its budget */
    uint64_t base_raw, base_raw_packets, base_socket; /* see backlog */
    int fd;
    int armed; /* events of poll */

    bool key_exchanged;
    bool authenticated;
    bool leaving; /* a disconnect message is on its way out */
    bool over;
    const char *hostile; /* why to end, found inside a hook */

    ssh_message kept; /* stands for every authentication request */
    bool auth_waiting;
    bool prompt_waiting; /* a keyboard-interactive round is open */

    struct events requests; /* to be answered in order */
    struct events answers;  /* of the client, to our channel opens */

    bool global_waiting;
    bool global_wants_reply;
    bool global_is_cancel;
    bool no_more_sessions;

    uint32_t next_id;
    uint32_t live, max_channels;
    uint32_t asked;                  /* opens that the monitor has to answer */
    struct open_request *opens[256]; /* by id, modulo */
    size_t opens_size;               /* of all their payloads */
    struct relays relays;
    struct terminal *terminals;

    struct rate rate_up, rate_down; /* of all forwards together */

    struct terms terms;
    uint64_t moved_ms; /* the last byte on any forward */
    uint64_t heard_ms; /* when heard_bytes last changed */
    uint64_t heard_bytes;
    uint64_t unused_ms;  /* since when there is no channel; 0: there is */
    uint32_t unanswered; /* keepalives */
    struct wire_bytes host_keys[3]; /* public blobs, in own memory */

    uint32_t gone_code;
    char gone_text[256];
};

/* transport.c */
void transport_tell(struct transport *t, enum msg_type type, const void *body);
/* Write one packet of our own: number and fields.  0 or -EIO. */
int transport_send(struct transport *t, const struct wire_out *packet);
/* Say why and end the connection, RFC 4253 section 11.1. */
void transport_disconnect(struct transport *t, uint32_t code, const char *text);
/* End without a word to the client; text is for the log. */
void transport_finish(struct transport *t, const char *text);
#define TRANSPORT_CLIENT_SILENT "client not responding"
#define TRANSPORT_UNUSED "terminating inactive connection"
/* Is so much waiting for the client that forwards should not be read? */
bool transport_is_congested(struct transport *t);
/* libssh has given the connection up. */
bool transport_is_closed(const struct transport *t);

/* settings.c: 0 or -EINVAL */
int settings_apply_bind(ssh_bind bind, const struct msg_setup *s);
int settings_apply_session(ssh_session session, const struct msg_setup *s);
/* By size from the next key exchange on, by time at once. */
int settings_apply_rekey(ssh_session session, uint64_t bytes, uint32_t seconds);
/* What the stack bears, see LIMIT_READ.  Later getrlimit() is forbidden. */
size_t settings_read_size(void);

/* inbound.c: the receiver of the hooks */
enum hook_verdict inbound_packet(void *arg, enum hook hook,
                                 struct wire_bytes payload,
                                 struct hook_replacement *replacement);

/* dispatch.c: recorded events in order, and libssh's own messages */
void dispatch_events(struct transport *t);
void dispatch_message(struct transport *t, ssh_message message);

/* authenticate.c: SSH_MSG_USERAUTH_*, RFC 4252 and 4256 */
void authenticate_event(struct transport *t, const struct event *e);
void authenticate_keep(struct transport *t, ssh_message message);
int authenticate_receive(struct transport *t, struct frame *f);

/* global.c: SSH_MSG_GLOBAL_REQUEST, RFC 4254 section 4 and 7.1 */
void global_event(struct transport *t, const struct event *e);
int global_receive(struct transport *t, struct frame *f);
int global_receive_proofs(struct transport *t, struct frame *f);
/* hostkeys-00@openssh.com: tell the client which host keys there are. */
void global_announce_host_keys(struct transport *t);

/* watch.c: keepalives and idle times, ClientAliveInterval and friends */
void watch_start(struct transport *t, const struct msg_terms *m);
void watch_stop(struct transport *t);

/* open.c: SSH_MSG_CHANNEL_OPEN, RFC 4254 section 5.1 and 7.2 */
enum hook_verdict open_record(struct transport *t, struct wire_bytes payload,
                              struct hook_replacement *replacement);
void open_message(struct transport *t, ssh_message message);
int open_receive(struct transport *t, struct frame *f);

/* RFC 4254 section 5.1 reason codes. */
enum open_reason {
    OPEN_PROHIBITED = 1,
    OPEN_CONNECT_FAILED = 2,
    OPEN_UNKNOWN_TYPE = 3,
    OPEN_RESOURCE_SHORTAGE = 4,
};

/* RFC 4253 section 11.1 codes that we send. */
enum disconnect_code {
    DISCONNECT_PROTOCOL_ERROR = 2,
    DISCONNECT_SERVICE_NOT_AVAILABLE = 7,
    DISCONNECT_BY_APPLICATION = 11,
};

#endif
