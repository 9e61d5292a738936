#ifndef SERVER_MONITOR_USER_H
#define SERVER_MONITOR_USER_H

#include <stddef.h>
#include <sys/types.h>

/* An account of this machine and its groups, as of the login. */
struct user {
    char *name; /* as the account database spells it */
    char *home;
    char *shell;
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* primary first */
    size_t group_count;
    char **group_names; /* those groups that have one, in that order */
    size_t group_name_count;
};

/*
 * 0, -ENOENT (no such account, or nobody could tell), -ENOMEM, or -E2BIG: in
 * more groups than LIMIT_GROUPS.
 */
int user_find(const char *name, struct user **ret);
void user_free(struct user *user); /* NULL is fine */

/* sshd's words when the login shell forbids a login, else NULL. */
const char *user_shell_problem(const struct user *user);

#endif
