#include "server/base/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The way down, and the proof of having arrived.  Capabilities by the bare
 * system calls: libcap would be one more library in every role.
 */

#define CAPABILITY_WORDS 2 /* of 32 bits, _LINUX_CAPABILITY_VERSION_3 */
#define CAPABILITY_END 64
#define GROUPS_MAX 1024

static uint64_t
bit(int capability)
{
    return (uint64_t)1 << capability;
}

static int
check_target(const struct privilege *to)
{
    /* -1 means "leave as it is" to setresuid(). */
    if (to->uid == (uid_t)-1 || to->gid == (gid_t)-1 ||
        (to->uid != 0 && to->capabilities != 0) ||
        (to->keep_groups && to->group_count > 0)) {
        return -EINVAL;
    }
    return to->group_count > GROUPS_MAX ? -E2BIG : 0;
}

/* A directory that others may fill is no jail. */
static int
enter_chroot(const char *directory)
{
    struct stat st;

    if (chdir(directory) < 0 || stat(".", &st) < 0) {
        return -errno;
    }
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return -EPERM;
    }
    return chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
}

/* Needs CAP_SETPCAP, so it comes before the ids. */
static int
drop_bounding_set(uint64_t keep)
{
    for (int c = 0; c < CAPABILITY_END; c++) {
        int held = prctl(PR_CAPBSET_READ, c, 0, 0, 0);

        if (held < 0) {
            return errno == EINVAL ? 0 : -errno; /* the kernel's last one */
        }
        if (held == 1 && (keep & bit(c)) == 0 &&
            prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0) {
            return -errno;
        }
    }
    return 0;
}

static int
set_ids(const struct privilege *to)
{
    if (!to->keep_groups && setgroups(to->group_count, to->groups) < 0) {
        return -errno;
    }
    if (setresgid(to->gid, to->gid, to->gid) < 0 ||
        setresuid(to->uid, to->uid, to->uid) < 0) {
        return -errno;
    }
    return 0;
}

static int
set_capabilities(uint64_t keep)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct data[CAPABILITY_WORDS] = {{0}};

    for (int i = 0; i < CAPABILITY_WORDS; i++) {
        data[i].permitted = (uint32_t)(keep >> (32 * i));
        data[i].effective = data[i].permitted;
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
        syscall(SYS_capset, &header, data) < 0) {
        return -errno;
    }
    return 0;
}

static bool
ids_are(const struct privilege *to)
{
    uid_t u[3];
    gid_t g[3];

    if (getresuid(&u[0], &u[1], &u[2]) < 0 ||
        getresgid(&g[0], &g[1], &g[2]) < 0) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        if (u[i] != to->uid || g[i] != to->gid) {
            return false;
        }
    }
    return true;
}

static bool
is_wanted(const struct privilege *to, gid_t gid)
{
    for (size_t i = 0; i < to->group_count; i++) {
        if (to->groups[i] == gid) {
            return true;
        }
    }
    return false;
}

/* No group that was not asked for. */
static bool
groups_are(const struct privilege *to)
{
    gid_t held[GROUPS_MAX];
    int count = to->keep_groups ? 0 : getgroups(GROUPS_MAX, held);

    for (int i = 0; i < count; i++) {
        if (!is_wanted(to, held[i])) {
            return false;
        }
    }
    return count >= 0;
}

static bool
capabilities_are(uint64_t keep)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct data[CAPABILITY_WORDS] = {{0}};

    if (syscall(SYS_capget, &header, data) < 0) {
        return false;
    }
    for (int i = 0; i < CAPABILITY_WORDS; i++) {
        uint32_t allowed = (uint32_t)(keep >> (32 * i));

        if (data[i].permitted != allowed || data[i].effective != allowed ||
            data[i].inheritable != 0) {
            return false;
        }
    }
    for (int c = 0; c < CAPABILITY_END; c++) {
        if ((keep & bit(c)) == 0 && prctl(PR_CAPBSET_READ, c, 0, 0, 0) > 0) {
            return false;
        }
    }
    return true;
}

/* Try to climb back.  Succeeding is the failure. */
static bool
can_regain(const struct privilege *to)
{
    if (to->uid != 0 && (setuid(0) == 0 || setresuid(0, 0, 0) == 0)) {
        return true;
    }
    return to->uid != 0 && to->gid != 0 &&
           (setgid(0) == 0 || setresgid(0, 0, 0) == 0);
}

static bool
is_sealed(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
           prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static int
verify(const struct privilege *to)
{
    if (can_regain(to) || !ids_are(to) || !groups_are(to) ||
        !capabilities_are(to->capabilities) || !is_sealed()) {
        return -EPERM;
    }
    return 0;
}

static int
descend(const struct privilege *to)
{
    int r =
        to->chroot_directory == NULL ? 0 : enter_chroot(to->chroot_directory);

    if (r == 0) {
        r = drop_bounding_set(to->capabilities);
    }
    if (r == 0) {
        r = set_ids(to);
    }
    if (r == 0) {
        r = set_capabilities(to->capabilities);
    }
    return r;
}

int
privilege_drop(const struct privilege *to)
{
    int death_signal = 0;
    int r = check_target(to);

    if (r < 0) {
        return r;
    }
    if (prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0) < 0) {
        return -errno;
    }
    r = descend(to);
    if (r < 0) {
        return r;
    }
    /* A change of ids forgets both. */
    if (prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) < 0) {
        return -errno;
    }
    r = privilege_harden();
    return r < 0 ? r : verify(to);
}

int
privilege_harden(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return -errno;
    }
    return privilege_hide();
}

int
privilege_hide(void)
{
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}
