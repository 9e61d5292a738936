#ifndef SERVER_BASE_PRIVILEGE_H
#define SERVER_BASE_PRIVILEGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Become ids for good: chroot first when asked, then supplementary groups,
 * gid, uid, an empty capability set and bounding set, no_new_privs,
 * PR_SET_DUMPABLE 0; then verify that nothing can be regained (each id in
 * all three slots, setuid(0) fails, capabilities empty).  A death signal
 * that the parent's end would send is kept.
 * Returns 0 or -errno; after a failure the caller must exit.
 */
struct privilege {
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
    const char *chroot_directory; /* NULL: none; root's, writable by nobody */
    int keep_groups;              /* they were set before exec */
    uint64_t capabilities;        /* bits that stay; only when uid is 0 */
};

int privilege_drop(const struct privilege *to);

/*
 * Without root there is nothing to drop: no_new_privs and PR_SET_DUMPABLE 0
 * only.  0 or -errno.
 */
int privilege_harden(void);

/* PR_SET_DUMPABLE 0 alone, for the roles that stay root. 0 or -errno. */
int privilege_hide(void);

#endif
