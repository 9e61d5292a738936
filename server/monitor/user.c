/* What the machine's databases know about the account that logs in. */
#include "server/monitor/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/limits.h"

#define RECORD_MAX ((size_t)1 << 20) /* bytes of a passwd or group record */

void
user_free(struct user *user)
{
    if (user == NULL) {
        return;
    }
    for (size_t i = 0; i < user->group_name_count; i++) {
        free(user->group_names[i]);
    }
    free(user->group_names);
    free(user->groups);
    free(user->name);
    free(user->home);
    free(user->shell);
    free(user);
}

/* Double the buffer of a *_r call. False: enough is enough. */
static bool
grow(char **buffer, size_t *size)
{
    char *bigger = NULL;

    *size = *size == 0 ? 4096 : *size * 2;
    if (*size <= RECORD_MAX) {
        bigger = realloc(*buffer, *size);
    }
    if (bigger == NULL) {
        return false;
    }
    *buffer = bigger;
    return true;
}

static int
copy_account(const struct passwd *pw, struct user *u)
{
    const char *shell = pw->pw_shell;

    u->uid = pw->pw_uid;
    u->gid = pw->pw_gid;
    u->name = strdup(pw->pw_name);
    u->home = strdup(pw->pw_dir);
    u->shell = strdup(shell == NULL || shell[0] == '\0' ? "/bin/sh" : shell);
    return u->name == NULL || u->home == NULL || u->shell == NULL ? -ENOMEM : 0;
}

static int
find_account(const char *name, struct user *u)
{
    struct passwd record, *found = NULL;
    char *buffer = NULL;
    size_t size = 0;
    int r = ERANGE;

    while (r == ERANGE && grow(&buffer, &size)) {
        r = getpwnam_r(name, &record, buffer, size, &found);
    }
    r = found == NULL ? -ENOENT : copy_account(found, u);
    free(buffer);
    return r;
}

static int
find_groups(struct user *u)
{
    int count = LIMIT_GROUPS;

    u->groups = calloc(LIMIT_GROUPS, sizeof(*u->groups));
    if (u->groups == NULL) {
        return -ENOMEM;
    }
    if (getgrouplist(u->name, u->gid, u->groups, &count) < 0) {
        return -E2BIG; /* a rule may name one that we would not know of */
    }
    u->group_count = (size_t)count;
    return 0;
}

static int
name_groups(struct user *u)
{
    char *buffer = NULL;
    size_t size = 0;
    int result = 0;

    u->group_names = calloc(u->group_count, sizeof(*u->group_names));
    if (u->group_names == NULL || !grow(&buffer, &size)) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < u->group_count && result == 0; i++) {
        struct group record, *found = NULL;
        char *name = NULL;
        int r = getgrgid_r(u->groups[i], &record, buffer, size, &found);

        while (r == ERANGE && grow(&buffer, &size)) {
            r = getgrgid_r(u->groups[i], &record, buffer, size, &found);
        }
        if (found == NULL) {
            continue; /* a group without a name matches no rule */
        }
        name = strdup(found->gr_name);
        if (name == NULL) {
            result = -ENOMEM;
        } else {
            u->group_names[u->group_name_count++] = name;
        }
    }
    free(buffer);
    return result;
}

int
user_find(const char *name, struct user **ret)
{
    struct user *u = calloc(1, sizeof(*u));
    int r = 0;

    if (u == NULL) {
        return -ENOMEM;
    }
    r = find_account(name, u);
    if (r == 0) {
        r = find_groups(u);
    }
    if (r == 0) {
        r = name_groups(u);
    }
    if (r < 0) {
        user_free(u);
        return r;
    }
    *ret = u;
    return 0;
}

const char *
user_shell_problem(const struct user *user)
{
    struct stat st;

    if (stat(user->shell, &st) < 0) {
        return "does not exist";
    }
    if (!S_ISREG(st.st_mode) ||
        (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
        return "is not executable";
    }
    return NULL;
}
