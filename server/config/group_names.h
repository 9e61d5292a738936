#ifndef SERVER_CONFIG_GROUP_NAMES_H
#define SERVER_CONFIG_GROUP_NAMES_H

#include <stddef.h>

#define GROUP_NAME_MAX 1024 /* groups of a user; more are an error */

/* The names of a user's groups, primary first; those without one are left
 * out, because no rule can name them. */
struct group_names {
    char *list[GROUP_NAME_MAX]; /* owned */
    size_t count;
};

/*
 * Ask the group database about user, into a zeroed *ret.  NULL and users who
 * do not exist have no groups.  Returns 0, -E2BIG or -ENOMEM;
 * group_names_done() in any case.
 */
int group_names_find(const char *user, struct group_names *ret);
void group_names_done(struct group_names *g);

#endif
