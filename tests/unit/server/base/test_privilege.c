#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/privilege.h"

/* Every check runs in a child of its own: there is no way back. */

#define ID 64321 /* belongs to nobody */
#define GROUP 64322
#define BIND_ONLY ((uint64_t)1 << CAP_NET_BIND_SERVICE)

/* Does /proc/self/status, of opened file f, have this line? */
static bool
has_line(FILE *f, const char *line)
{
    char got[512];
    bool found = false;

    rewind(f);
    while (!found && fgets(got, sizeof(got), f) != NULL) {
        got[strcspn(got, "\n")] = '\0';
        found = strcmp(got, line) == 0;
    }
    return found;
}

static bool
has_lines(FILE *f, const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        if (!has_line(f, *lines)) {
            fprintf(stderr, "missing: %s\n", *lines);
            return false;
        }
    }
    return true;
}

static bool
is_sealed(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static bool
drops_everything(void)
{
    static const char *const lines[] = {
        "Uid:\t64321\t64321\t64321\t64321",
        "Gid:\t64322\t64322\t64322\t64322",
        "Groups:\t ",
        "CapInh:\t0000000000000000",
        "CapPrm:\t0000000000000000",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000000",
        "CapAmb:\t0000000000000000",
        "NoNewPrivs:\t1",
        NULL,
    };
    const struct privilege to = {.uid = ID, .gid = GROUP};
    FILE *f = fopen("/proc/thread-self/status", "re");

    return f != NULL && privilege_drop(&to) == 0 && is_sealed() &&
           has_lines(f, lines) && setuid(0) < 0 && setgid(0) < 0;
}

static bool
sets_the_groups_that_are_named(void)
{
    static const gid_t groups[] = {GROUP, 7};
    static const char *const lines[] = {"Groups:\t7 64322 ", NULL};
    const struct privilege to = {
        .uid = ID, .gid = GROUP, .groups = groups, .group_count = 2};
    FILE *f = fopen("/proc/thread-self/status", "re");

    return f != NULL && privilege_drop(&to) == 0 && has_lines(f, lines);
}

static bool
keeps_groups_when_told(void)
{
    static const gid_t groups[] = {7, 8};
    static const char *const lines[] = {"Groups:\t7 8 ", NULL};
    const struct privilege to = {.uid = ID, .gid = GROUP, .keep_groups = 1};
    FILE *f = fopen("/proc/thread-self/status", "re");

    return f != NULL && setgroups(2, groups) == 0 && privilege_drop(&to) == 0 &&
           has_lines(f, lines);
}

static bool
leaves_root_one_capability(void)
{
    static const char *const lines[] = {
        "Uid:\t0\t0\t0\t0",          "CapInh:\t0000000000000000",
        "CapPrm:\t0000000000000400", "CapEff:\t0000000000000400",
        "CapBnd:\t0000000000000400", NULL,
    };
    const struct privilege to = {.capabilities = BIND_ONLY};
    FILE *f = fopen("/proc/thread-self/status", "re");

    return f != NULL && privilege_drop(&to) == 0 && is_sealed() &&
           has_lines(f, lines) && chroot("/") < 0;
}

static bool
keeps_the_death_signal(void)
{
    const struct privilege to = {.uid = ID, .gid = GROUP};
    int number = 0;

    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
           privilege_drop(&to) == 0 &&
           prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0) == 0 && number == SIGKILL;
}

static bool
refuses_what_is_no_user(void)
{
    const struct privilege no_user = {.uid = (uid_t)-1, .gid = GROUP};
    const struct privilege no_group = {.uid = ID, .gid = (gid_t)-1};
    const struct privilege powerful = {
        .uid = ID, .gid = GROUP, .capabilities = BIND_ONLY};

    return privilege_drop(&no_user) == -EINVAL &&
           privilege_drop(&no_group) == -EINVAL &&
           privilege_drop(&powerful) == -EINVAL && getuid() == 0;
}

static bool
sees_nothing_outside(void)
{
    struct stat st;

    return stat("/etc", &st) < 0 && mkdir("/here", 0700) < 0 &&
           chdir("..") == 0 && stat("etc", &st) < 0;
}

static bool
jails(void)
{
    char directory[] = "/tmp/test_privilege.XXXXXX";
    const struct privilege to = {
        .uid = ID, .gid = GROUP, .chroot_directory = directory};
    int status = -1;
    bool refused = mkdtemp(directory) != NULL && chmod(directory, 0777) == 0 &&
                   privilege_drop(&to) == -EPERM && chmod(directory, 0755) == 0;
    pid_t pid = fork();

    if (pid == 0) {
        _exit(privilege_drop(&to) == 0 && sees_nothing_outside() ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return rmdir(directory) == 0 && refused && status == 0;
}

static bool
hardens_without_root(void)
{
    return setresuid(ID, ID, ID) == 0 && privilege_harden() == 0 &&
           is_sealed() && privilege_drop(&(struct privilege){0}) < 0;
}

static bool
hides(void)
{
    return privilege_hide() == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

static void
assert_in_child(bool (*holds)(void))
{
    int status = 0;
    pid_t pid;

    if (geteuid() != 0) {
        print_message("skipped: needs root\n");
        skip();
    }
    pid = fork();
    if (pid == 0) {
        _exit(holds() ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void
test_ids_groups_and_capabilities_are_dropped(void **state)
{
    (void)state;
    assert_in_child(drops_everything);
    assert_in_child(sets_the_groups_that_are_named);
    assert_in_child(keeps_groups_when_told);
}

static void
test_root_keeps_no_more_than_it_was_left(void **state)
{
    (void)state;
    assert_in_child(leaves_root_one_capability);
}

static void
test_the_death_signal_survives_the_change_of_ids(void **state)
{
    (void)state;
    assert_in_child(keeps_the_death_signal);
}

static void
test_ids_that_mean_no_change_are_refused(void **state)
{
    (void)state;
    assert_in_child(refuses_what_is_no_user);
}

static void
test_a_jail_holds_and_must_not_be_writable(void **state)
{
    (void)state;
    assert_in_child(jails);
}

static void
test_hardening_and_hiding(void **state)
{
    (void)state;
    assert_in_child(hardens_without_root);
    assert_in_child(hides);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_groups_and_capabilities_are_dropped),
        cmocka_unit_test(test_root_keeps_no_more_than_it_was_left),
        cmocka_unit_test(test_the_death_signal_survives_the_change_of_ids),
        cmocka_unit_test(test_ids_that_mean_no_change_are_refused),
        cmocka_unit_test(test_a_jail_holds_and_must_not_be_writable),
        cmocka_unit_test(test_hardening_and_hiding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
