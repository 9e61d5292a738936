#ifndef SERVER_SSH_TERMINAL_H
#define SERVER_SSH_TERMINAL_H

#include "server/ssh/state.h"

/*
 * One session channel (RFC 4254 section 6): it carries the monitor's text to
 * the client, and a wish to leave back.
 */

/* Takes channel. 0 or -ENOMEM. */
int terminal_start(struct transport *t, const struct open_request *o,
                   ssh_channel channel);

/* Have we closed this channel of ours, and wait for the client to? */
bool terminal_is_closing(const struct transport *t, uint32_t local_channel);

/* Session channels that are open: MaxSessions. */
uint32_t terminal_count(const struct transport *t);

/* A channel request; takes message. */
void terminal_request(struct transport *t, ssh_message message);

/* MSG_SESSION_REPLY, MSG_SESSION_TEXT, MSG_SESSION_EXIT. 0 or -EBADMSG. */
int terminal_receive(struct transport *t, struct frame *f);

/* Text that waited for the client's window. */
void terminal_resume(struct transport *t);

/* Free terminals that both sides have closed. */
void terminal_bury(struct transport *t);

#endif
