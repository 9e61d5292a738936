/* Root takes a user's ids for a moment, to see files as that user does. */
#include "server/auth/user_ids.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

static int
save_groups(struct user_ids *ids)
{
    int count = getgroups(0, NULL);

    if (count < 0) {
        return -errno;
    }
    ids->groups = calloc((size_t)count + 1, sizeof(*ids->groups));
    if (ids->groups == NULL) {
        return -ENOMEM;
    }
    ids->group_count = getgroups(count, ids->groups);
    if (ids->group_count < 0) {
        int r = -errno;

        free(ids->groups);
        return r;
    }
    return 0;
}

int
user_ids_take(const struct keys_account *account, struct user_ids *ret)
{
    struct user_ids ids = {.taken = true, .gid = getegid()};
    int r = 0;

    *ret = (struct user_ids){0};
    if (geteuid() != 0) {
        return 0;
    }
    r = save_groups(&ids);
    if (r < 0) {
        return r;
    }
    if (setgroups(account->group_count, account->groups) < 0 ||
        setegid(account->gid) < 0 || seteuid(account->uid) < 0) {
        r = -errno;
        user_ids_restore(&ids);
        return r;
    }
    *ret = ids;
    return 0;
}

void
user_ids_restore(struct user_ids *ids)
{
    if (!ids->taken) {
        return;
    }
    if (seteuid(0) < 0 || setegid(ids->gid) < 0 ||
        setgroups((size_t)ids->group_count, ids->groups) < 0 ||
        geteuid() != 0 || getegid() != ids->gid) {
        abort();
    }
    free(ids->groups);
    *ids = (struct user_ids){0};
}
