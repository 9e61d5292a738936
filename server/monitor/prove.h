#ifndef SERVER_MONITOR_PROVE_H
#define SERVER_MONITOR_PROVE_H

#include "server/monitor/connection.h"

/*
 * hostkeys-prove-00@openssh.com: the client names public keys, we show that
 * we hold their private parts.  Answers MSG_PROVED: a signature for each, in
 * their order, or nothing at all.
 */
void prove(struct connection *c, const struct msg_prove *m);

#endif
