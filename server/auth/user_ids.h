#ifndef SERVER_AUTH_USER_IDS_H
#define SERVER_AUTH_USER_IDS_H

#include <stdbool.h>
#include <sys/types.h>

#include "server/auth/keys_file.h"

/* What user_ids_restore() goes back to. */
struct user_ids {
    bool taken; /* false: nothing was changed */
    gid_t gid;
    gid_t *groups;
    int group_count;
};

/*
 * Become account for file access when we are root (effective ids and groups);
 * otherwise change nothing.  On success user_ids_restore() must follow.
 * Returns 0, or -errno with everything as it was.
 */
int user_ids_take(const struct keys_account *account, struct user_ids *ret);

/* Be root again.  Aborts when that fails: we would not know who we are. */
void user_ids_restore(struct user_ids *ids);

#endif
