#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "server/limits.h"
#include "server/monitor/user.h"

#define FIRST_GROUP 5000

/*
 * The databases of these tests: "alice" is in the groups 5000, 5001 ..., which
 * are called g5000, g5001 ...; the last of them has no name.
 */
static int group_count;

int
getpwnam_r(const char *name, struct passwd *record, char *buffer, size_t size,
           struct passwd **ret)
{
    *ret = NULL;
    if (size < 100) {
        return ERANGE;
    }
    if (strcmp(name, "alice") != 0) {
        return 0;
    }
    strcpy(buffer, "alice");
    *record = (struct passwd){
        .pw_name = buffer,
        .pw_uid = 1234,
        .pw_gid = FIRST_GROUP,
        .pw_dir = buffer + 5,
        .pw_shell = buffer + 5,
    };
    *ret = record;
    return 0;
}

int
getgrouplist(const char *name, gid_t group, gid_t *groups, int *count)
{
    int room = *count;

    assert_string_equal(name, "alice");
    assert_int_equal(group, FIRST_GROUP);
    for (int i = 0; i < group_count && i < room; i++) {
        groups[i] = (gid_t)(FIRST_GROUP + i);
    }
    *count = group_count;
    return room < group_count ? -1 : group_count;
}

int
getgrgid_r(gid_t gid, struct group *record, char *buffer, size_t size,
           struct group **ret)
{
    *ret = NULL;
    if (size < 100) {
        return ERANGE;
    }
    if ((int)gid == FIRST_GROUP + group_count - 1) {
        return 0;
    }
    snprintf(buffer, size, "g%u", gid);
    *record = (struct group){.gr_name = buffer, .gr_gid = gid};
    *ret = record;
    return 0;
}

static void
test_an_account_and_its_groups(void **state)
{
    struct user *u = NULL;

    (void)state;
    group_count = 3;
    assert_int_equal(user_find("alice", &u), 0);
    assert_string_equal(u->name, "alice");
    assert_string_equal(u->shell, "/bin/sh");
    assert_int_equal(u->uid, 1234);
    assert_int_equal(u->gid, FIRST_GROUP);
    assert_int_equal(u->group_count, 3);
    assert_int_equal(u->group_name_count, 2);
    assert_string_equal(u->group_names[1], "g5001");
    user_free(u);
}

static void
test_nobody(void **state)
{
    struct user *u = NULL;

    (void)state;
    assert_int_equal(user_find("bob", &u), -ENOENT);
    assert_null(u);
}

/* A rule may name the one that would be left out. */
static void
test_more_groups_than_we_keep_are_no_login(void **state)
{
    struct user *u = NULL;

    (void)state;
    group_count = LIMIT_GROUPS;
    assert_int_equal(user_find("alice", &u), 0);
    assert_int_equal(u->group_count, LIMIT_GROUPS);
    user_free(u);
    u = NULL;
    group_count = LIMIT_GROUPS + 1;
    assert_int_equal(user_find("alice", &u), -E2BIG);
    assert_null(u);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_account_and_its_groups),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_more_groups_than_we_keep_are_no_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
