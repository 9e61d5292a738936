/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/programs.h"

/* Programs that are this test's own: shells under the roles' names. */

static const char *const names[PROGRAM_COUNT] = {
    "portcullis-monitor", "portcullis-session", "portcullis-pam",
    "portcullis-dialer"};

static char folder[] = "/tmp/test_programs.XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "we");

    assert_non_null(f);
    assert_int_equal(fputs(text, f) >= 0, 1);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path_of(name), 0755), 0);
}

static int
set_up(void **state)
{
    const char *name = NULL;

    (void)state;
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        write_file(names[i], "first");
    }
    return programs_open(folder, &name);
}

static int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        unlink(path_of(names[i]));
    }
    return rmdir(folder);
}

static void
test_every_program_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PROGRAM_COUNT; i++) {
        assert_true(programs_find(names[i]) >= 0);
        assert_int_equal(programs_find(names[i]), programs_descriptor(i));
        assert_int_equal(fcntl(programs_descriptor(i), F_GETFD), FD_CLOEXEC);
    }
    assert_int_equal(programs_find("portcullisd"), -ENOENT);
    assert_int_equal(programs_check(), 0);
}

static void
test_removed_and_replaced_files_stay_what_they_were(void **state)
{
    (void)state;
    assert_int_equal(unlink(path_of(names[0])), 0);
    write_file("new", "second");
    {
        char from[PATH_MAX];

        snprintf(from, sizeof(from), "%s", path_of("new"));
        assert_int_equal(rename(from, path_of(names[1])), 0);
    }
    assert_int_equal(chmod(path_of(names[2]), 0700), 0);
    assert_true(programs_find(names[0]) >= 0);
    assert_true(programs_find(names[1]) >= 0);
    assert_true(programs_find(names[2]) >= 0);
    assert_int_equal(programs_check(), 0);
}

static void
test_a_file_that_was_written_over_is_refused(void **state)
{
    (void)state;
    write_file(names[3], "another text");
    assert_int_equal(programs_find(names[3]), -ESTALE);
    assert_int_equal(programs_check(), -ESTALE);
    assert_true(programs_find(names[0]) >= 0);
    assert_non_null(strstr(programs_error(-ESTALE), "restart"));
    assert_string_equal(programs_error(-ENOENT), strerror(ENOENT));
}

static void
test_a_missing_program_is_named_and_none_is_open(void **state)
{
    const char *name = NULL;

    (void)state;
    assert_int_equal(unlink(path_of(names[2])), 0);
    assert_int_equal(programs_open(folder, &name), -ENOENT);
    assert_string_equal(name, names[2]);
    for (unsigned i = 0; i < PROGRAM_COUNT; i++) {
        assert_int_equal(programs_descriptor(i), -1);
    }
    assert_int_equal(programs_find(names[0]), -ENOENT);
}

static void
test_a_folder_is_no_program(void **state)
{
    const char *name = NULL;

    (void)state;
    assert_int_equal(unlink(path_of(names[1])), 0);
    assert_int_equal(mkdir(path_of(names[1]), 0755), 0);
    assert_int_equal(programs_open(folder, &name), -EACCES);
    assert_string_equal(name, names[1]);
    assert_int_equal(rmdir(path_of(names[1])), 0);
}

/* Named now, and not at the first client. */
static void
test_what_nobody_may_execute_is_no_program(void **state)
{
    const char *name = NULL;

    (void)state;
    assert_int_equal(chmod(path_of(names[3]), 0644), 0);
    assert_int_equal(programs_open(folder, &name), -EACCES);
    assert_string_equal(name, names[3]);
}

/* In a child, because the numbers are fixed. */
static void
test_descriptors_are_inherited_in_order(void **state)
{
    int status = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        for (int i = 0; i < PROGRAM_COUNT; i++) {
            if (dup2(programs_descriptor((unsigned)i), 50 + i) < 0) {
                _exit(2);
            }
        }
        if (programs_inherit(50) < 0 || programs_find(names[2]) != 52 ||
            fcntl(53, F_GETFD) != FD_CLOEXEC) {
            _exit(1);
        }
        _exit(programs_inherit(60) == -EBADF ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_program_is_found_by_its_name, set_up),
        cmocka_unit_test_setup(
            test_removed_and_replaced_files_stay_what_they_were, set_up),
        cmocka_unit_test_setup(test_a_file_that_was_written_over_is_refused,
                               set_up),
        cmocka_unit_test_setup(test_descriptors_are_inherited_in_order, set_up),
        cmocka_unit_test_setup(test_a_missing_program_is_named_and_none_is_open,
                               set_up),
        cmocka_unit_test_setup(test_a_folder_is_no_program, set_up),
        cmocka_unit_test_setup(test_what_nobody_may_execute_is_no_program,
                               set_up),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
