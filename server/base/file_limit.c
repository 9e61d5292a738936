#include "server/base/file_limit.h"

#include <errno.h>
#include <stdint.h>
#include <sys/resource.h>

static int
set(size_t soft, rlim_t hard)
{
    const struct rlimit to = {.rlim_cur = soft, .rlim_max = hard};

    return setrlimit(RLIMIT_NOFILE, &to) < 0 ? -errno : 0;
}

/* What can be had of wanted. */
static size_t
most_of(size_t wanted, const struct rlimit *now)
{
    return now->rlim_max < wanted ? (size_t)now->rlim_max : wanted;
}

size_t
file_limit_hard(void)
{
    struct rlimit now = {0};

    if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_max == RLIM_INFINITY) {
        return SIZE_MAX;
    }
    return (size_t)now.rlim_max;
}

int
file_limit_raise(size_t wanted)
{
    struct rlimit now;
    size_t soft = 0;

    if (getrlimit(RLIMIT_NOFILE, &now) < 0) {
        return -errno;
    }
    soft = most_of(wanted, &now);
    return soft <= now.rlim_cur ? 0 : set(soft, now.rlim_max);
}

int
file_limit_fix(size_t wanted)
{
    struct rlimit now;
    size_t most = 0;

    if (getrlimit(RLIMIT_NOFILE, &now) < 0) {
        return -errno;
    }
    most = most_of(wanted, &now);
    return set(most, most);
}
