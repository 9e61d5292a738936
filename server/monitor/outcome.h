#ifndef SERVER_MONITOR_OUTCOME_H
#define SERVER_MONITOR_OUTCOME_H

#include <stdbool.h>

#include "server/base/exit_class.h"

/*
 * What is to be told of a connection once it has ended.  Zeroed memory is a
 * client that has not even named a user.
 */
struct outcome {
    bool is_admitted;  /* a login was accepted: nothing below counts */
    bool is_late;      /* LoginGraceTime was over */
    bool has_crashed;  /* one of our processes did, before the login */
    bool is_refused;   /* RefuseConnection */
    bool is_attempted; /* a proof was looked at */
    bool is_invalid;   /* the user may not log in, or does not exist */
};

/* The first of them that is so. */
enum exit_class outcome_class(const struct outcome *o);

#endif
