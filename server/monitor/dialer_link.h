#ifndef SERVER_MONITOR_DIALER_LINK_H
#define SERVER_MONITOR_DIALER_LINK_H

#include "server/monitor/connection.h"

struct dialer;

/*
 * The process that resolves, connects, binds and accepts as the user.  It is
 * started at the first message; when it dies, what depended on it is refused
 * or closed, and the next message starts another, LIMIT_DIALER_STARTS times.
 *
 * With PAM it is portcullis-pam that starts it, within the PAM session.
 */
int dialer_new(struct connection *c); /* sets c->dialer; 0 or -errno */

/* 0, or -errno: there is no dialer and there will be none. */
int dialer_send(struct dialer *d, enum msg_type type, const void *body);

/* The same with a descriptor, which is taken. */
int dialer_send_fd(struct dialer *d, enum msg_type type, const void *body,
                   int fd);

/* The same, but only to a dialer that is there already; else -ENOTCONN. */
int dialer_tell(struct dialer *d, enum msg_type type, const void *body);

void dialer_close(struct dialer *d); /* NULL is fine */
void dialer_free(struct dialer *d);  /* after the loop; NULL is fine */

#endif
