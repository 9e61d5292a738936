#ifndef SERVER_AUTH_STRICT_MODES_H
#define SERVER_AUTH_STRICT_MODES_H

#include <sys/types.h>

#include "policy/diag.h"

/*
 * StrictModes for one file that is already open: it and every directory above
 * it, up to home or else to the root, must belong to root or to uid and must
 * not be writable for group or others.  Links are followed first.
 *
 * path  by which fd was opened; absolute.
 * fd    borrowed.
 *
 * Returns 0, or -EPERM with words such as "bad ownership or modes for
 * directory /home/alice".
 */
int strict_modes_check(const char *path, int fd, const char *home, uid_t uid,
                       struct diag *reterr);

#endif
