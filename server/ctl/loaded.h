#ifndef SERVER_CTL_LOADED_H
#define SERVER_CTL_LOADED_H

#include "policy/policy.h"
#include "server/config/config_files.h"

/* A configuration that was read and found good. */
struct loaded {
    struct config_files files;
    struct sources sources;
    struct facts facts; /* the policy borrows these */
    struct policy *policy;
};

/*
 * Read the file and what it includes, as the daemon does.  ret must stay
 * where it is until loaded_done().  Complaints, warnings too, have gone to
 * stderr.  Returns 0 or -errno; loaded_done() in any case.
 */
int loaded_read(const char *file, struct loaded *ret);
void loaded_done(struct loaded *l); /* twice is fine */

/* Parse the same text again: what resolving took is given back. */
int loaded_renew(struct loaded *l);

#endif
