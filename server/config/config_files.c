#include "server/config/config_files.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/config/file_bytes.h"

/* The running user's own group with nobody else in it, as umask 002 uses. */
static bool
is_private_group(gid_t gid)
{
    const struct passwd *account = getpwuid(geteuid());
    const struct group *group = getgrgid(gid);

    if (account == NULL || group == NULL || account->pw_gid != gid ||
        strcmp(group->gr_name, account->pw_name) != 0) {
        return false;
    }
    for (char **member = group->gr_mem; *member != NULL; member++) {
        if (strcmp(*member, account->pw_name) != 0) {
            return false;
        }
    }
    return true;
}

static bool
is_writable_by_others(const struct stat *st)
{
    if (S_ISCHR(st->st_mode)) {
        return false; /* /dev/null: everybody's to write, not to change */
    }
    return (st->st_mode & S_IWOTH) != 0 ||
           ((st->st_mode & S_IWGRP) != 0 && !is_private_group(st->st_gid));
}

static int
check_safe(void *arg, const struct stat *st)
{
    struct diag *reterr = arg;

    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        return diag_fail(reterr, -EPERM, "it belongs to uid %lu",
                         (unsigned long)st->st_uid);
    }
    if (is_writable_by_others(st)) {
        return diag_fail(reterr, -EPERM, "others may write to it (mode %04o)",
                         (unsigned)st->st_mode & 07777U);
    }
    return 0;
}

/* "FILE: No such file or directory", "FILE: refused, because ...". */
static int
explain(const char *name, int r, struct diag *reterr)
{
    struct diag why = *reterr;

    if (r == -EPERM && why.text[0] != '\0') {
        return diag_fail(reterr, r, "%.255s: refused, because %.200s", name,
                         why.text);
    }
    return diag_fail(reterr, r, "%.255s: %s", name, strerror(-r));
}

static int
read_source(struct config_files *f, const char *name, const char *path,
            struct source *ret, struct diag *reterr)
{
    struct file_bytes bytes = {0};
    char *copy = NULL;
    int r = 0;

    reterr->text[0] = '\0';
    if (f->file_count == CONFIG_FILE_MAX) {
        return explain(name, -EFBIG, reterr);
    }
    r = file_bytes_read(path, CONFIG_BYTES_MAX - f->byte_count, check_safe,
                        reterr, &bytes);
    if (r == 0) {
        copy = strdup(name);
        r = copy == NULL ? -ENOMEM : 0;
    }
    if (r < 0) {
        file_bytes_done(&bytes);
        return explain(name, r, reterr);
    }
    f->file_count++;
    f->byte_count += bytes.size;
    *ret = (struct source){
        .name = copy,
        .text = bytes.data,
        .size = bytes.size,
    };
    return 0;
}

static void
source_done(const struct source *s)
{
    free((void *)(uintptr_t)s->name);
    free((void *)(uintptr_t)s->text);
}

/* The files that a pattern leads to.  Their order is glob's: sorted. */
static int
read_matches(struct config_files *f, const glob_t *found,
             struct include *include, struct diag *reterr)
{
    struct source *list = calloc(found->gl_pathc, sizeof(*list));
    int r = 0;

    if (list == NULL) {
        return explain(include->pattern, -ENOMEM, reterr);
    }
    include->list = list;
    for (size_t i = 0; r == 0 && i < found->gl_pathc; i++) {
        const char *path = found->gl_pathv[i];

        r = read_source(f, path, path, &list[i], reterr);
        include->count += r == 0 ? 1 : 0;
    }
    return r;
}

static int
read_include(struct config_files *f, struct include *include,
             struct diag *reterr)
{
    bool relative = include->pattern[0] != '/';
    char *pattern = NULL;
    glob_t found = {0};
    int r = 0;

    if (asprintf(&pattern, "%s%s%s", relative ? f->folder : "",
                 relative ? "/" : "", include->pattern) < 0) {
        return explain(include->pattern, -ENOMEM, reterr);
    }
    r = glob(pattern, 0, NULL, &found);
    free(pattern);
    if (r == GLOB_NOMATCH) {
        r = 0;
    } else if (r != 0) {
        r = explain(include->pattern, -ENOMEM, reterr);
    } else {
        r = read_matches(f, &found, include, reterr);
    }
    globfree(&found);
    return r;
}

static bool
is_known(const struct config_files *f, const char *pattern)
{
    for (size_t i = 0; i < f->include_count; i++) {
        if (strcmp(f->includes[i].pattern, pattern) == 0) {
            return true;
        }
    }
    return false;
}

/* Only note it here: config_files_read() reads it when its turn comes. */
static int
on_include(void *arg, const char *pattern)
{
    struct config_files *f = arg;
    struct include *more = NULL;
    char *copy = NULL;

    if (*pattern == '\0' || is_known(f, pattern)) {
        return 0; /* parsing complains about the empty one */
    }
    if (f->include_count == CONFIG_FILE_MAX) {
        return -EFBIG;
    }
    more = realloc(f->includes, (f->include_count + 1) * sizeof(*more));
    if (more == NULL) {
        return -ENOMEM;
    }
    f->includes = more;
    copy = strdup(pattern);
    if (copy == NULL) {
        return -ENOMEM;
    }
    more[f->include_count++] = (struct include){.pattern = copy};
    return 0;
}

static int
scan(struct config_files *f, const struct source *source, struct diag *reterr)
{
    int r = policy_scan_includes(source, on_include, f);

    return r < 0 ? explain(source->name, r, reterr) : 0;
}

/* The list of includes grows while it is walked, until nothing new is found:
 * each pattern stands in it once, so files that include each other end. */
static int
read_includes(struct config_files *f, struct diag *reterr)
{
    int r = scan(f, &f->main, reterr);

    for (size_t i = 0; r == 0 && i < f->include_count; i++) {
        struct include include = f->includes[i];

        r = read_include(f, &include, reterr);
        f->includes[i] = include;
        for (size_t j = 0; r == 0 && j < include.count; j++) {
            r = scan(f, &include.list[j], reterr);
        }
    }
    return r;
}

static int
read_main(struct config_files *f, const char *name, const char *directory,
          struct diag *reterr)
{
    char *path = NULL;
    int r = 0;

    if (asprintf(&path, "%s%s%s", *name == '/' ? "" : directory,
                 *name == '/' ? "" : "/", name) < 0) {
        return explain(name, -ENOMEM, reterr);
    }
    r = read_source(f, name, path, &f->main, reterr);
    *strrchr(path, '/') = '\0';
    f->folder = path;
    return r;
}

static int
no_main(struct config_files *f, struct diag *reterr)
{
    f->main.name = strdup("none");
    return f->main.name == NULL ? explain("none", -ENOMEM, reterr) : 0;
}

int
config_files_read(const char *name, const char *directory,
                  struct config_files *ret, struct diag *reterr)
{
    struct config_files f = {0};
    int r = strcasecmp(name, "none") == 0
                ? no_main(&f, reterr)
                : read_main(&f, name, directory, reterr);

    if (r == 0) {
        r = read_includes(&f, reterr);
    }
    if (r < 0) {
        config_files_done(&f);
        return r;
    }
    *ret = f;
    return 0;
}

void
config_files_done(struct config_files *f)
{
    for (size_t i = 0; i < f->include_count; i++) {
        const struct include *include = &f->includes[i];

        for (size_t j = 0; j < include->count; j++) {
            source_done(&include->list[j]);
        }
        free((void *)(uintptr_t)include->list);
        free((void *)(uintptr_t)include->pattern);
    }
    free(f->includes);
    free(f->folder);
    source_done(&f->main);
    *f = (struct config_files){0};
}
