#ifndef SERVER_MONITOR_SIGN_CALL_H
#define SERVER_MONITOR_SIGN_CALL_H

#include "server/monitor/connection.h"

struct sign_call;

/* Answer the session's MSG_SIGN calls on link (taken). 0 or -errno. */
int sign_call_new(struct connection *c, int link, struct sign_call **ret);

/* The login is complete: the ration of sign.h applies. */
void sign_call_ready(struct sign_call *s);

void sign_call_close(struct sign_call *s); /* NULL is fine */
void sign_call_free(struct sign_call *s);  /* after the loop; NULL is fine */

#endif
