/* Who is in which group, as this machine knows it. */
#include "server/config/group_names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

static int
add_group(struct group_names *g, gid_t gid)
{
    const struct group *group = getgrgid(gid);

    if (group == NULL) {
        return 0; /* a number without a name matches nothing */
    }
    g->list[g->count] = strdup(group->gr_name);
    if (g->list[g->count] == NULL) {
        return -ENOMEM;
    }
    g->count++;
    return 0;
}

int
group_names_find(const char *user, struct group_names *ret)
{
    const struct passwd *account = user == NULL ? NULL : getpwnam(user);
    gid_t ids[GROUP_NAME_MAX];
    int count = GROUP_NAME_MAX;
    int r = 0;

    if (account == NULL) {
        return 0;
    }
    if (getgrouplist(account->pw_name, account->pw_gid, ids, &count) < 0) {
        return -E2BIG;
    }
    for (int i = 0; r == 0 && i < count; i++) {
        r = add_group(ret, ids[i]);
    }
    return r;
}

void
group_names_done(struct group_names *g)
{
    for (size_t i = 0; i < g->count; i++) {
        free(g->list[i]);
    }
    g->count = 0;
}
