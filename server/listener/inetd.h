#ifndef SERVER_LISTENER_INETD_H
#define SERVER_LISTENER_INETD_H

#include <stdbool.h>

#include "policy/diag.h"
#include "server/listener/bridge.h"

/* -i: the one connection that standard input and output are. */
struct inetd {
    int client; /* what the monitor is given */
    struct bridge bridge;
};

/*
 * Take it from the standard streams, which are /dev/null afterwards; stderr
 * is kept if keep_stderr.  One stream socket on both is taken as it is, all
 * else is bridged.  0, or a negative errno with a sentence.
 */
int inetd_take(struct inetd *ret, bool keep_stderr, struct diag *reterr);

#endif
