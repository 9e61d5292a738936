#ifndef SERVER_MONITOR_ACCOUNT_H
#define SERVER_MONITOR_ACCOUNT_H

#include <sys/types.h>

#define ACCOUNT_NUMBER_MAX 24 /* bytes of a printed id */

/* The account that owns nothing: of sessions, and of dialers before a login. */
struct account {
    gid_t group;
    char uid[ACCOUNT_NUMBER_MAX], gid[ACCOUNT_NUMBER_MAX]; /* for argv */
};

/* 0, or -ENOENT, which was logged. */
int account_find(struct account *ret);

#endif
