/* Which Unix sockets a pattern means. */
#include "policy/path_pattern.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* A star to come back to: what follows it, and where it stopped eating. */
struct star {
    const char *after, *retry;
};

/* Let the star eat one byte more; false when it must not. */
static bool
retry(struct star *star, bool crosses, const char **pattern, const char **path)
{
    if (star->after == NULL || (!crosses && *star->retry == '/')) {
        return false;
    }
    *pattern = star->after;
    *path = ++star->retry;
    return true;
}

/*
 * Two stars are enough to come back to: the latest "*", and when that has
 * reached a '/' the latest "**", which an earlier one cannot outdo.
 */
bool
path_pattern_matches(const char *pattern, const char *path)
{
    struct star one = {0}, two = {0};

    while (*path != '\0') {
        if (pattern[0] == '*' && pattern[1] == '*') {
            pattern += 2;
            two = (struct star){pattern, path};
            one = (struct star){0};
        } else if (*pattern == '*') {
            one = (struct star){++pattern, path};
        } else if (*pattern == *path || (*pattern == '?' && *path != '/')) {
            pattern++;
            path++;
        } else if (retry(&one, false, &pattern, &path)) {
            continue;
        } else if (retry(&two, true, &pattern, &path)) {
            one = (struct star){0};
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool
path_is_plain(const char *path)
{
    if (*path != '/') {
        return false;
    }
    while (*path != '\0') {
        size_t size = strcspn(++path, "/");

        if (size == 0 || (size == 1 && path[0] == '.') ||
            (size == 2 && path[0] == '.' && path[1] == '.')) {
            return false;
        }
        path += size;
    }
    return true;
}

int
path_pattern_check(const char *pattern, struct diag *reterr)
{
    if (*pattern != '/') {
        return diag_fail(reterr, -EINVAL,
                         "\"%.100s\" is not a path that begins with /",
                         pattern);
    }
    if (!path_is_plain(pattern)) {
        return diag_fail(reterr, -EINVAL,
                         "\"%.100s\" has an empty part, \".\" or \"..\": no "
                         "socket would match it",
                         pattern);
    }
    return 0;
}
