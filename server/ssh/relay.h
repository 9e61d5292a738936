#ifndef SERVER_SSH_RELAY_H
#define SERVER_SSH_RELAY_H

#include "server/ssh/state.h"

/*
 * One forward: bytes between an SSH channel and a connected socket, with
 * half-close both ways and bounded memory.
 */

/* The client's open was accepted: takes channel and fd. 0 or -errno. */
int relay_start(struct transport *t, const struct open_request *o,
                ssh_channel channel, int fd);

/*
 * Data of the client on this channel of ours, from the hooks.  False: it is
 * no forward's.
 */
bool relay_take(struct transport *t, uint32_t local_channel,
                struct wire_bytes data, bool is_extended);

/* Send on what relay_take() collected: after every call that may read. */
void relay_flush(void);

/* The client takes more on this channel of ours, from the hooks. */
void relay_window_opened(struct transport *t, uint32_t local_channel);

/*
 * Open a forwarded-tcpip or forwarded-streamlocal channel to the client for
 * fd (taken).  The client's answer becomes MSG_ACCEPT_OPENED or
 * MSG_ACCEPT_REFUSED.  0 or -errno.
 */
int relay_offer(struct transport *t, const struct msg_accepted *m, int fd);
int relay_offer_path(struct transport *t, const struct msg_accepted_path *m,
                     int fd);

/* Channels that carry bytes: not offers, not what is about to be freed. */
uint32_t relay_count_open(const struct transport *t);

/* ChannelTimeout: close what has been idle for too long. */
void relay_expire(struct transport *t, uint64_t now_ms);

/* The client opened this channel of ours, from the hooks. */
void relay_confirmed(struct transport *t, uint32_t local_channel);

/* The client's answer to relay_offer(), when its turn has come. */
void relay_answered(struct transport *t, const struct event *e);

/* A channel request on a forward: none is known.  False: no forward's. */
bool relay_refuse_request(struct transport *t, ssh_message message);

/* After the client's packets were read: whom can we go on with? */
void relay_resume(struct transport *t);

/* The connection ends: account for what is still open. */
void relay_report(struct transport *t);

/* Free relays that both sides have closed. Only when no message is queued. */
void relay_bury(struct transport *t);

#endif
