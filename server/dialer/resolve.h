#ifndef SERVER_DIALER_RESOLVE_H
#define SERVER_DIALER_RESOLVE_H

#include <uv.h>

#include "server/ipc/msg.h"

struct resolve;

/* The answer to one resolve_start(); m is valid during the call. */
typedef void resolve_report_fn(void *arg, const struct msg_resolved *m);

/* 0 or -errno. */
int resolve_new(uv_loop_t *loop, resolve_report_fn *report, void *arg,
                struct resolve **ret);

/*
 * Resolve m->host.  What getaddrinfo(3) takes for numeric ("127.1" too) is
 * reported before this returns, and so is a refusal; the rest comes from the
 * loop.  Exactly one report, unless it is cancelled.
 */
void resolve_start(struct resolve *r, const struct msg_resolve *m);

/* Forget id: no report comes.  An unknown id is fine. */
void resolve_cancel(struct resolve *r, uint32_t id);

/*
 * Forget everything; the loop stays alive until the last getaddrinfo(3) has
 * come back.  NULL is fine.
 */
void resolve_free(struct resolve *r);

#endif
