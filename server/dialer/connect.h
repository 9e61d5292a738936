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
    uint64_t delay_ms; /* between two attempts of one dial */
    struct dial *dials;
    size_t count;
};

/* delay_ms is CONNECTION_ATTEMPT_DELAY_MS, except in tests. */
void connect_init(struct connect *c, uv_loop_t *loop, uint64_t delay_ms,
                  connect_report_fn *report, void *arg);

/*
 * Dial m's addresses until one accepts, as RFC 8305 section 5 has it: the
 * families in turn, the next one as soon as one has failed, or when the last
 * was begun delay_ms ago.  The first that is connected wins, the others are
 * closed.  No time limit but the kernel's.
 *
 * Exactly one report, unless it is cancelled; before this returns when it is
 * already known.  Its error is that of the attempt that failed last.
 */
void connect_start(struct connect *c, const struct msg_connect *m);

/* Close id's sockets, and no report comes.  An unknown id is fine. */
void connect_cancel(struct connect *c, uint32_t id);

/* Forget everything; c may go before the loop has closed the handles. */
void connect_done(struct connect *c);

#endif
