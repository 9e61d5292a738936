#ifndef SERVER_MONITOR_SESSION_LINK_H
#define SERVER_MONITOR_SESSION_LINK_H

#include "server/monitor/connection.h"

struct session_link;

/*
 * Start portcullis-session on the client's socket (taken), tell it how to
 * speak and listen to it from the loop.  c->session is set on success.
 * 0 or -errno.
 */
int session_link_start(struct connection *c, int client);

/* Send; fd is taken. */
void session_link_send(struct session_link *s, enum msg_type type,
                       const void *body, int fd);

/* The login is complete: its messages may come, signatures are rationed. */
void session_link_ready(struct session_link *s);

/* Close the links and kill the process, when it is still there. */
void session_link_close(struct session_link *s);
void session_link_kill(struct session_link *s);
void session_link_free(struct session_link *s); /* after the loop */

#endif
