/*
 * Could somebody else have written this file?  Upstream's rule; Debian's sshd
 * also accepts a group that holds nobody but the user.
 */
#include "server/auth/strict_modes.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool
is_safe(const struct stat *st, uid_t uid)
{
    return (st->st_uid == 0 || st->st_uid == uid) &&
           (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Cut the last part off an absolute path without links. */
static void
cut_last(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == path) {
        slash++;
    }
    *slash = '\0';
}

static int
check_directories(char path[PATH_MAX], const char *home, uid_t uid,
                  struct diag *reterr)
{
    do {
        struct stat st = {0};

        cut_last(path);
        if (stat(path, &st) < 0 || !is_safe(&st, uid)) {
            return diag_fail(reterr, -EPERM,
                             "bad ownership or modes for directory %.400s",
                             path);
        }
    } while (strcmp(path, home) != 0 && strcmp(path, "/") != 0);
    return 0;
}

int
strict_modes_check(const char *path, int fd, const char *home, uid_t uid,
                   struct diag *reterr)
{
    char real[PATH_MAX];
    char real_home[PATH_MAX];
    struct stat st = {0};

    if (path[0] != '/' || realpath(path, real) == NULL) {
        return diag_fail(reterr, -EPERM, "realpath %.400s failed: %s", path,
                         strerror(errno));
    }
    if (realpath(home, real_home) == NULL) {
        real_home[0] = '\0'; /* no home: up to the root */
    }
    if (fstat(fd, &st) < 0 || !is_safe(&st, uid)) {
        return diag_fail(reterr, -EPERM,
                         "bad ownership or modes for file %.400s", real);
    }
    return check_directories(real, real_home, uid, reterr);
}
