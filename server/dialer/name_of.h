#ifndef SERVER_DIALER_NAME_OF_H
#define SERVER_DIALER_NAME_OF_H

#include <uv.h>

#include "server/ipc/msg.h"

struct name_of;

/* The answer to one name_of_start(); m is valid during the call. */
typedef void name_of_report_fn(void *arg, const struct msg_named *m);

/* 0 or -errno. */
int name_of_new(uv_loop_t *loop, name_of_report_fn *report, void *arg,
                struct name_of **ret);

/*
 * Look up the name of an address.  Exactly one report, perhaps before this
 * returns; without a name also when another lookup is under way.
 */
void name_of_start(struct name_of *n, const struct msg_name_of *m);

/*
 * No report comes any more; the loop stays alive until the last
 * getnameinfo(3) has come back.  NULL is fine.
 */
void name_of_free(struct name_of *n);

#endif
