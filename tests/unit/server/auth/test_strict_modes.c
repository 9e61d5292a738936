#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>

#include "server/auth/strict_modes.h"
#include "tests/unit/server/auth/scratch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The tree is made anew for each row, then spoilt by the command.  Home is
 * "home" in it; words NULL: accepted. */
static const struct row {
    const char *shows, *spoil, *path, *words;
} rows[] = {
    {"a tidy file", "true", "home/.ssh/keys", NULL},
    {"a file that others may read", "chmod 644 home/.ssh/keys",
     "home/.ssh/keys", NULL},
    {"a file that the group may write", "chmod 620 home/.ssh/keys",
     "home/.ssh/keys", "for file %s/home/.ssh/keys"},
    {"a file that others may write", "chmod 602 home/.ssh/keys",
     "home/.ssh/keys", "for file %s/home/.ssh/keys"},
    {"a directory that the group may write", "chmod 770 home/.ssh",
     "home/.ssh/keys", "for directory %s/home/.ssh"},
    {"a directory that others may write", "chmod 707 home/.ssh",
     "home/.ssh/keys", "for directory %s/home/.ssh"},
    {"a home that the group may write", "chmod 770 home", "home/.ssh/keys",
     "for directory %s/home"},
    {"what is above home does not matter", "chmod 777 .", "home/.ssh/keys",
     NULL},
    {"outside home everything matters", "chmod 777 .", "outside",
     "for directory %s"},
    {"up to the root, here /tmp", "true", "outside", "for directory /tmp"},
    {"a link is followed first", "chmod 777 .", "home/link",
     "for directory %s"},
    {"the modes of the link's directory do not matter", "chmod 777 home/.ssh",
     "home/.ssh/inner-link", NULL},
    {"home may be a link", "mv home real && ln -s real home", "home/.ssh/keys",
     NULL},
};

static void
make_tree(const char *spoil)
{
    scratch_run("rm -rf home real outside && chmod 755 . && "
                "mkdir -m 755 home && mkdir -m 700 home/.ssh && "
                "umask 077 && echo x >home/.ssh/keys && echo x >outside && "
                "ln -s ../outside home/link && echo x >home/inner && "
                "ln -s ../inner home/.ssh/inner-link && %s",
                spoil);
}

static int
check(const char *name, uid_t uid, struct diag *err)
{
    char home[100];
    int fd = open(scratch_path(name), O_RDONLY);
    int r = 0;

    assert_true(fd >= 0);
    snprintf(home, sizeof(home), "%s/home", scratch_dir);
    r = strict_modes_check(scratch_path(name), fd, home, uid, err);
    close(fd);
    return r;
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct diag err = {.text = ""};
    char words[300];
    char rest[100] = "";

    make_tree(row->spoil);
    assert_int_equal(check(row->path, getuid(), &err),
                     row->words == NULL ? 0 : -EPERM);
    if (row->words != NULL) {
        const char *dir = strstr(row->words, "%s");

        strcpy(rest, dir == NULL ? "" : dir + 2);
        snprintf(words, sizeof(words), "bad ownership or modes %.*s%s%s",
                 (int)(dir == NULL ? strlen(row->words)
                                   : (size_t)(dir - row->words)),
                 row->words, dir == NULL ? "" : scratch_dir, rest);
        assert_string_equal(err.text, words);
    }
}

static void
test_only_root_and_the_user_may_own(void **state)
{
    struct diag err = {.text = ""};

    (void)state;
    make_tree("true");
    if (getuid() == 0) {
        assert_int_equal(check("home/.ssh/keys", 4242, &err), 0);
        scratch_run("chown 4242 home/.ssh/keys");
        assert_int_equal(check("home/.ssh/keys", 4242, &err), 0);
        assert_int_equal(check("home/.ssh/keys", 4243, &err), -EPERM);
        scratch_run("chown 0 home/.ssh/keys && chown 4242 home");
        assert_int_equal(check("home/.ssh/keys", 4242, &err), 0);
    }
    assert_int_equal(check("home/.ssh/keys", 4243, &err), -EPERM);
}

static void
test_a_path_that_is_gone_is_refused(void **state)
{
    struct diag err = {.text = ""};
    int fd = open("/dev/null", O_RDONLY);

    (void)state;
    assert_int_equal(strict_modes_check(scratch_path("gone"), fd, "/", 0, &err),
                     -EPERM);
    assert_non_null(strstr(err.text, "realpath"));
    assert_int_equal(strict_modes_check("relative", fd, "/", 0, &err), -EPERM);
    close(fd);
}

static void
test_a_home_that_is_gone_means_up_to_the_root(void **state)
{
    struct diag err = {.text = ""};
    int fd = open("/etc/passwd", O_RDONLY);

    (void)state;
    assert_int_equal(
        strict_modes_check("/etc/passwd", fd, "/no/such/home", 4242, &err), 0);
    close(fd);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(test_only_root_and_the_user_may_own),
        cmocka_unit_test(test_a_path_that_is_gone_is_refused),
        cmocka_unit_test(test_a_home_that_is_gone_means_up_to_the_root),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 3] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
