#ifndef SERVER_DIALER_PATH_DIAL_H
#define SERVER_DIALER_PATH_DIAL_H

#include <stddef.h>
#include <uv.h>

#include "server/dialer/connect.h"

/*
 * Connects to sockets in the file system.  The kernel answers at once, unless
 * the listener's queue is full: then it is asked again, LIMIT_PATH_TRIES times.
 */
struct path_dial {
    uv_loop_t *loop;
    connect_report_fn *report;
    void *arg;
    struct path_wait *waits;
    size_t count;
};

void path_dial_init(struct path_dial *d, uv_loop_t *loop,
                    connect_report_fn *report, void *arg);

/* Exactly one report (before this returns when it is already known), unless
 * it is cancelled. */
void path_dial_start(struct path_dial *d, const struct msg_dial_path *m);

/* Forget id: no report comes.  An unknown id is fine. */
void path_dial_cancel(struct path_dial *d, uint32_t id);

/* Forget everything; d must stay until the loop has closed the handles. */
void path_dial_done(struct path_dial *d);

#endif
