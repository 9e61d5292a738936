#ifndef SERVER_DIALER_CONNECT_H
#define SERVER_DIALER_CONNECT_H

#include <stddef.h>
#include <uv.h>

#include "server/ipc/msg.h"

/* The outcome of one connect_start(); takes fd, -1 when m->error is set. */
typedef void connect_report_fn(void *arg, const struct msg_connected *m,
                               int fd);

/* Every connect under way. */
struct connect {
    uv_loop_t *loop;
    connect_report_fn *report;
    void *arg;
    struct dial *dials;
    size_t count;
};

void connect_init(struct connect *c, uv_loop_t *loop, connect_report_fn *report,
                  void *arg);

/*
 * Dial m's addresses in their order until one accepts.  No time limit but
 * the kernel's.  Exactly one report (before this returns when it is already
 * known), unless it is cancelled.
 */
void connect_start(struct connect *c, const struct msg_connect *m);

/* Forget id: no report comes.  An unknown id is fine. */
void connect_cancel(struct connect *c, uint32_t id);

/* Forget everything; c must stay until the loop has closed the handles. */
void connect_done(struct connect *c);

#endif
