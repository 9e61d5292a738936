#include "server/base/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "server/base/fd.h"

#define ANYBODY_EXECUTES (S_IXUSR | S_IXGRP | S_IXOTH)

/* A process has one set of programs, so this module has state of its own. */
static struct program {
    const char *name;
    int fd; /* -1: not open */
    off_t size;
    struct timespec modified;
} programs[] = {
    {"portcullis-monitor", -1, 0, {0, 0}},
    {"portcullis-session", -1, 0, {0, 0}},
    {"portcullis-pam", -1, 0, {0, 0}},
    {"portcullis-dialer", -1, 0, {0, 0}},
};

_Static_assert(sizeof(programs) / sizeof(programs[0]) == PROGRAM_COUNT,
               "a row for each program");

/* Takes fd, also on failure. */
static int
adopt(struct program *p, int fd)
{
    struct stat st;
    int r = 0;

    if (fstat(fd, &st) < 0) {
        r = -errno;
    } else if (!S_ISREG(st.st_mode) || (st.st_mode & ANYBODY_EXECUTES) == 0) {
        r = -EACCES;
    }
    if (r < 0) {
        fd_close(&fd);
        return r;
    }
    p->fd = fd;
    p->size = st.st_size;
    p->modified = st.st_mtim;
    return 0;
}

/* Renaming and removing leave both alone; writing does not. */
static bool
is_as_opened(const struct program *p)
{
    struct stat st;

    return fstat(p->fd, &st) == 0 && st.st_size == p->size &&
           st.st_mtim.tv_sec == p->modified.tv_sec &&
           st.st_mtim.tv_nsec == p->modified.tv_nsec;
}

static void
close_all(void)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        fd_close(&programs[i].fd);
    }
}

static int
open_one(struct program *p, const char *folder)
{
    char path[PATH_MAX];
    int fd = -1;
    int n = snprintf(path, sizeof(path), "%s/%s", folder, p->name);

    if (n < 0 || (size_t)n >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    fd = open(path, O_PATH | O_CLOEXEC);
    return fd < 0 ? -errno : adopt(p, fd);
}

int
programs_open(const char *folder, const char **ret_name)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        int r = open_one(&programs[i], folder);

        if (r < 0) {
            *ret_name = programs[i].name;
            close_all();
            return r;
        }
    }
    return 0;
}

int
programs_inherit(int first)
{
    for (int i = 0; i < PROGRAM_COUNT; i++) {
        int r = fd_set_cloexec(first + i);

        if (r == 0) {
            r = adopt(&programs[i], first + i);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

int
programs_check(void)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        if (programs[i].fd >= 0 && !is_as_opened(&programs[i])) {
            return -ESTALE;
        }
    }
    return 0;
}

int
programs_find(const char *name)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        const struct program *p = &programs[i];

        if (p->fd >= 0 && strcmp(p->name, name) == 0) {
            return is_as_opened(p) ? p->fd : -ESTALE;
        }
    }
    return -ENOENT;
}

int
programs_descriptor(unsigned number)
{
    return programs[number].fd;
}

const char *
programs_error(int r)
{
    return r == -ESTALE ? "a program was written over since portcullisd "
                          "started; restart it"
                        : strerror(-r);
}

void
programs_name_process(const char *name)
{
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
