#ifndef SERVER_SESSION_COURIER_H
#define SERVER_SESSION_COURIER_H

#include <uv.h>

#include "server/ipc/msg.h"

/*
 * Carries messages between the monitor and the SSH side: what the client asks
 * goes out, what the monitor answers goes in, exchange hashes are signed.
 */
struct courier;

/* Takes the three descriptors.  0 or -errno. */
int courier_new(uv_loop_t *loop, int client, int async_link, int sync_link,
                const struct msg_setup *setup, struct courier **ret);

/*
 * Talk until the connection is over.  Returns 0, or -errno when the monitor
 * is gone or said what makes no sense.
 */
int courier_run(struct courier *c);

#endif
