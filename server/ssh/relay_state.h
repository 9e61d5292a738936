#ifndef SERVER_SSH_RELAY_STATE_H
#define SERVER_SSH_RELAY_STATE_H

#include "server/ssh/spill.h"
#include "server/ssh/state.h"

/*
 * Shared by relay.c (a forward's life), relay_queue.c (all of them),
 * relay_offer.c (how a connection to a listener becomes one), relay_io.c
 * (its bytes) and relay_watch.c (its socket in the event loop).
 */

/* What it takes before the target can be read on. */
enum relay_wait {
    WAIT_NOT = 0,
    WAIT_CLIENT, /* room on the client's socket, or the end of a rekey */
    WAIT_WINDOW, /* the channel's window */
};

/*
 * Invariants: on the waiting queue exactly while WAIT_CLIENT, on the changed
 * one exactly while changed; tail is what target sent and libssh did not take,
 * and there is one only while WAIT_CLIENT; spill is what the client sent and
 * target did not take; nothing is polled for in a direction whose rate ticket
 * waits; after channel_closed and close_sent it waits for
 * relay_bury().
 */
struct relay {
    struct relay *next, **link; /* of all relays */
    struct relay *next_by_channel, *next_changed, *next_waiting, *next_ended;
    struct transport *t;
    uint32_t id;
    uint32_t local_channel;  /* our number of it */
    uint32_t client_channel; /* the client's, once it is open */
    size_t packet;           /* bytes that fit into one of the client's */
    enum channel_kind kind;
    uint64_t moved_ms; /* when the last byte went by */
    ssh_channel channel;
    struct ssh_channel_callbacks_struct callbacks;
    int fd;                    /* -1 once both directions are done */
    struct relay_watch *watch; /* of fd */
    enum relay_wait wait;
    bool changed;
    bool offered;   /* the client's answer to our open is not known yet */
    bool confirmed; /* it has come, and waits for its turn */
    bool target_eof;
    bool eof_sent;
    bool client_eof;
    bool channel_closed; /* by the client */
    bool write_shut;     /* target got our end of file, or is dead */
    bool close_sent;
    bool reported;
    uint8_t *tail;
    size_t tail_size, tail_done;
    struct spill spill;
    struct window window;
    uint64_t up, down;
    struct rate_ticket rate_up, rate_down; /* relay_rate.c */
};

/* relay.c */
/* With its callbacks, on the list. NULL: out of memory; fd is the caller's. */
struct relay *relay_create(struct transport *t, uint32_t id,
                           enum channel_kind kind, ssh_channel channel, int fd,
                           uint32_t window);
/* The client has opened it: its number for it, and its packets' size. */
void relay_opened(struct relay *r, uint32_t client_channel,
                  uint32_t packet_size);
void relay_close_socket(struct relay *r);
/* Poll for what can be used now: no busy loop on an end of file. */
void relay_rearm(struct relay *r);
void relay_drop_tail(struct relay *r);
/* See what can be ended now that something moved. */
void relay_advance(struct relay *r);
/* The target takes no more bytes; what it has to say is still wanted. */
void relay_upstream_failed(struct relay *r);
/* The target is gone for good: nothing can be delivered any more. */
void relay_target_failed(struct relay *r);
/* What was watched for is there; status as of uv_poll_cb. */
void relay_ready(struct relay *r, int status, int events);

/* relay_watch.c */
/* r->fd is going to be watched, for nothing yet.  0 or -errno. */
int relay_watch_begin(struct relay *r);
/* Watch for these events of libuv and no others; 0: for none. */
void relay_watch_for(struct relay *r, int events);
/* Before r->fd is closed. */
void relay_watch_end(struct relay *r);

/* relay_queue.c */
/* It has our channel's number: the client's data is for it from here on. */
void relay_attach(struct relay *r, uint32_t local_channel);
struct relay *relay_find(struct transport *t, uint32_t local_channel);
void relay_detach(struct relay *r);
/* relay_resume() is to look at it. */
void relay_mark_changed(struct relay *r);
/* Do not read the target before the client takes bytes again. */
void relay_wait_for_client(struct relay *r);

/* relay_offer.c: the client does not want what it was offered. */
void relay_refuse_offer(struct relay *r, uint32_t reason, const char *text);

/* relay_io.c */
/* One chunk; or find out what has to be waited for. */
void relay_read_target(struct relay *r);
void relay_write_target(struct relay *r);
bool relay_may_read(struct relay *r);
/* Bytes that a key exchange held up. False: still held up. */
bool relay_retry_tail(struct relay *r);
/* Let the client send more, when it is time for that. */
void relay_grant(struct relay *r);

#endif
