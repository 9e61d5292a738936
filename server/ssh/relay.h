#ifndef SERVER_SSH_RELAY_H
#define SERVER_SSH_RELAY_H

#include "server/ssh/state.h"

/*
 * One forward: bytes between an SSH channel and a connected socket, with
 * half-close both ways and bounded memory.
 */

/* The client's open was accepted: takes channel and fd. 0 or -errno. */
int relay_start(struct transport *t, uint32_t id, ssh_channel channel, int fd);

/*
 * Open a forwarded-tcpip channel to the client for fd (taken).  The client's
 * answer becomes MSG_ACCEPT_OPENED or MSG_ACCEPT_REFUSED.  0 or -errno.
 */
int relay_offer(struct transport *t, const struct msg_accepted *m, int fd);

/* The client's answer to relay_offer(), from the hooks. */
void relay_answered(struct transport *t, const struct event *e);

/* After the client's packets were read: whom can we go on with? */
void relay_resume(struct transport *t);

/* The connection ends: account for what is still open. */
void relay_report(struct transport *t);

/* Free relays that both sides have closed. Only when no message is queued. */
void relay_bury(struct transport *t);

#endif
