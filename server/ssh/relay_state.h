#ifndef SERVER_SSH_RELAY_STATE_H
#define SERVER_SSH_RELAY_STATE_H

#include "server/ssh/state.h"

/*
 * Shared by relay.c (a forward's life), relay_offer.c (how a connection to a
 * listener becomes one) and relay_io.c (its bytes).
 */

/*
 * Invariants: paused exactly when on the transport's paused list, and then
 * the socket is not polled for input; tail is what target sent and libssh did
 * not take; spill and held are what the client sent and target did not take,
 * spill first; nothing is polled for in a direction whose rate ticket waits;
 * after channel_closed and close_sent it waits for relay_bury().
 */
struct relay {
    struct relay *next, **link; /* of all relays */
    struct relay *next_paused;
    struct transport *t;
    uint32_t id;
    uint32_t local_channel; /* our number of it */
    enum channel_kind kind;
    uint64_t moved_ms; /* when the last byte went by */
    ssh_channel channel;
    struct ssh_channel_callbacks_struct callbacks;
    uv_poll_t poll;
    int fd; /* -1 once both directions are done */
    int armed;
    bool offered; /* the client has not answered our open yet */
    bool paused;
    bool target_eof;
    bool eof_sent;
    bool client_eof;
    bool channel_closed; /* by the client */
    bool write_shut;     /* target got our end of file, or is dead */
    bool close_sent;
    bool counted; /* among the transport's closing channels */
    bool reported;
    bool handle_closed;
    uint8_t *tail, *spill;
    size_t tail_size, tail_done;
    size_t spill_size, spill_done;
    size_t held; /* bytes inside libssh */
    uint64_t up, down;
    struct rate_ticket rate_up, rate_down; /* relay_rate.c */
};

/* relay.c */
/* With its callbacks, on the list. NULL: out of memory; fd is the caller's. */
struct relay *relay_create(struct transport *t, uint32_t id,
                           enum channel_kind kind, ssh_channel channel, int fd);
void relay_close_socket(struct relay *r);
bool relay_has_upstream(const struct relay *r);
/* Poll for what can be used now: no busy loop on an end of file. */
void relay_rearm(struct relay *r);
/* Until relay_resume() finds that the client takes bytes again. */
void relay_pause_reading(struct relay *r);
void relay_drop_tail(struct relay *r);
/* See what can be ended now that something moved. */
void relay_advance(struct relay *r);
/* The target takes no more bytes; what it has to say is still wanted. */
void relay_upstream_failed(struct relay *r);
/* The target is gone for good: nothing can be delivered any more. */
void relay_target_failed(struct relay *r);

/* relay_offer.c: the client does not want what it was offered. */
void relay_refuse_offer(struct relay *r, uint32_t reason, const char *text);

/* relay_io.c */
void relay_read_target(struct relay *r);
void relay_write_target(struct relay *r);
bool relay_may_read(struct relay *r);
/* Bytes that a key exchange held up. False: still held up. */
bool relay_retry_tail(struct relay *r);
int relay_on_data(ssh_session session, ssh_channel channel, void *data,
                  uint32_t size, int is_stderr, void *arg);

#endif
