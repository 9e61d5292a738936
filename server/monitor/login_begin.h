#ifndef SERVER_MONITOR_LOGIN_BEGIN_H
#define SERVER_MONITOR_LOGIN_BEGIN_H

#include "server/monitor/login.h"

/*
 * The first request names the user: look up the account, resolve Match, ask
 * the access rules, start PAM.  Nothing of it is told to the client.
 * Returns 0, or -errno when the connection is ending.
 */
int login_begin(struct login *l, const struct auth_request *r);

#endif
