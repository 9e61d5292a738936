#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/spawn.h"

#define FILES_BEFORE 200

/*
 * The program that is spawned is this one: its first argument names what it
 * is to check about itself, and it ends with 0 when that holds.
 */

static bool
sees_descriptors_up_to(int last)
{
    DIR *dir = opendir("/proc/self/fd");
    bool good = dir != NULL;

    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        int fd = (int)strtol(e->d_name, NULL, 10);

        good = good && (fd <= last || fd == dirfd(dir));
    }
    for (int fd = 0; fd <= last; fd++) {
        good = good && fcntl(fd, F_GETFD) == 0;
    }
    closedir(dir);
    return good;
}

static bool
child_descriptors(void)
{
    char byte = 0;

    return sees_descriptors_up_to(4) && read(3, &byte, 1) == 1 &&
           write(4, &byte, 1) == 1;
}

static bool
child_streams(void)
{
    char byte = 0;

    return sees_descriptors_up_to(2) && read(0, &byte, 1) == 0 &&
           write(1, &byte, 1) == 1 && write(2, &byte, 1) == 1;
}

static bool
is_expected(const char *variable)
{
    static const char *const expected[] = {
        "PATH=/", "LANG=C", "TZ=UTC", "ASAN_", "UBSAN_", "LSAN_",
    };

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        if (strncmp(variable, expected[i], strlen(expected[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool
child_environment(void)
{
    bool good = getenv("PATH") != NULL && getenv("LANG") != NULL &&
                getenv("TZ") != NULL;

    for (char **e = environ; *e != NULL; e++) {
        good = good && is_expected(*e);
    }
    return good;
}

static bool
child_signals(void)
{
    struct sigaction action = {0};
    sigset_t mask;

    return sigaction(SIGPIPE, NULL, &action) == 0 &&
           action.sa_handler == SIG_DFL &&
           sigprocmask(SIG_SETMASK, NULL, &mask) == 0 &&
           sigismember(&mask, SIGUSR1) == 0;
}

static bool
child_session(void)
{
    return getsid(0) == getpid();
}

static bool
child_no_session(void)
{
    return getsid(0) != getpid();
}

/* As the parent was before it raised its own. */
static bool
child_files(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           limit.rlim_cur == FILES_BEFORE;
}

static bool
child_forever(void)
{
    pause();
    return false;
}

static const struct {
    const char *name;
    bool (*holds)(void);
} checks[] = {
    {"descriptors", child_descriptors}, {"streams", child_streams},
    {"environment", child_environment}, {"signals", child_signals},
    {"session", child_session},         {"no-session", child_no_session},
    {"forever", child_forever},         {"files", child_files},
};

static int
run_as_child(const char *name)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (strcmp(checks[i].name, name) == 0) {
            return checks[i].holds() ? 0 : 1;
        }
    }
    return 2;
}

/* The exit status of this program, spawned as s says with argument check. */
static int
outcome(struct spawn s, const char *check)
{
    const char *const argv[] = {check, NULL};
    int status = -1;
    pid_t pid = -1;

    s.name = "test_spawn";
    s.argv = argv;
    if (spawn_start(&s, &pid) != 0 || waitpid(pid, &status, 0) != pid) {
        return -1;
    }
    return status;
}

static void
test_a_child_gets_its_descriptors_and_no_others(void **state)
{
    int in[2], out[2], spare, spare_here;
    char byte = 'x';
    struct spawn s = {.fd_count = 2};

    (void)state;
    spare = open("/dev/null", O_RDONLY); /* not CLOEXEC, on purpose */
    spare_here = fcntl(spare, F_DUPFD, 200);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(write(in[1], &byte, 1), 1);
    s.fds[0] = in[0];
    s.fds[1] = out[1];
    assert_int_equal(outcome(s, "descriptors"), 0);
    byte = 0;
    assert_int_equal(read(out[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
    close(spare);
    close(spare_here);
}

/* Descriptors whose numbers are handed out crosswise do not overwrite. */
static void
test_descriptors_may_stand_in_each_others_place(void **state)
{
    int status = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        int p[2];
        char byte = 'x';
        struct spawn s = {.fds = {4, 3}, .fd_count = 2};

        if (pipe(p) < 0 || dup2(p[0], 104) < 0 || dup2(p[1], 103) < 0 ||
            dup2(104, 4) < 0 || dup2(103, 3) < 0 || write(3, &byte, 1) != 1) {
            _exit(3);
        }
        _exit(outcome(s, "descriptors") == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void
test_the_standard_streams_exist_even_when_ours_do_not(void **state)
{
    int status = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        close(0);
        close(1);
        close(2);
        _exit(outcome((struct spawn){0}, "streams") == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void
test_the_environment_is_fixed(void **state)
{
    (void)state;
    setenv("LD_PRELOAD", "", 1);
    setenv("SECRET", "1", 1);
    setenv("TZ", "UTC", 1);
    assert_int_equal(outcome((struct spawn){0}, "environment"), 0);
    unsetenv("LD_PRELOAD");
    unsetenv("SECRET");
}

static void
test_signals_start_afresh(void **state)
{
    sigset_t mask, before;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, &before);
    assert_int_equal(outcome((struct spawn){0}, "signals"), 0);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    assert_int_equal(sigismember(&mask, SIGUSR1), 1); /* ours are kept */
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
}

static void
test_a_session_is_made_only_when_asked_for(void **state)
{
    (void)state;
    assert_int_equal(outcome((struct spawn){.new_session = 1}, "session"), 0);
    assert_int_equal(outcome((struct spawn){0}, "no-session"), 0);
}

static void
test_a_missing_program_is_reported_and_leaves_no_child(void **state)
{
    struct spawn s = {.name = "no-such-program"};
    pid_t pid = 7;

    (void)state;
    assert_int_equal(spawn_start(&s, &pid), -ENOENT);
    assert_int_equal(pid, 7);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void
test_a_bad_descriptor_is_reported(void **state)
{
    struct spawn s = {.name = "test_spawn", .fds = {-1}, .fd_count = 1};
    pid_t pid = -1;

    (void)state;
    assert_int_equal(spawn_start(&s, &pid), -EBADF);
}

static void
test_too_many_arguments_are_refused(void **state)
{
    const char *argv[40] = {NULL};
    struct spawn s = {.name = "test_spawn", .argv = argv};
    pid_t pid = -1;

    (void)state;
    for (int i = 0; i < 39; i++) {
        argv[i] = "a";
    }
    assert_int_equal(spawn_start(&s, &pid), -E2BIG);
}

/* A pipe that only the grandchild holds reaches its end when it dies. */
static void
test_a_child_may_die_with_its_parent(void **state)
{
    int p[2];
    char byte;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(p), 0);
    pid = fork();
    if (pid == 0) {
        const char *const argv[] = {"forever", NULL};
        struct spawn s = {.name = "test_spawn",
                          .argv = argv,
                          .fds = {p[1]},
                          .fd_count = 1,
                          .die_with_parent = 1};
        pid_t grandchild = -1;

        _exit(spawn_start(&s, &grandchild) == 0 ? 0 : 1);
    }
    close(p[1]);
    alarm(20);
    assert_int_equal(read(p[0], &byte, 1), 0);
    alarm(0);
    close(p[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
test_a_raised_limit_is_not_the_childs(void **state)
{
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = FILES_BEFORE;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(spawn_raise_files(SPAWN_FILES_MAX), 0);
    assert_int_equal(outcome((struct spawn){0}, "files"), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(limit.rlim_cur >= FILES_BEFORE);
}

#define FEW_FILES 16

/* With so many descriptors left: what starts runs, what does not is told. */
static bool
is_honest_with(int left)
{
    const char *const argv[] = {"no-session", NULL};
    const struct spawn s = {.name = "test_spawn", .argv = argv};
    int status = -1;
    pid_t pid = -1;
    int r = 0;

    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
    }
    for (int i = 1; i <= left; i++) {
        close(FEW_FILES - i);
    }
    r = spawn_start(&s, &pid);
    if (r < 0) {
        return r == -EMFILE && waitpid(-1, NULL, WNOHANG) < 0;
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static int
try_every_shortage(void)
{
    const struct rlimit few = {.rlim_cur = FEW_FILES, .rlim_max = FEW_FILES};

    if (setrlimit(RLIMIT_NOFILE, &few) < 0) {
        return 100;
    }
    for (int left = 0; left <= 8; left++) {
        if (!is_honest_with(left)) {
            return left + 1;
        }
    }
    return 0;
}

static void
test_a_shortage_of_descriptors_is_reported(void **state)
{
    int status = -1;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(try_every_shortage());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_gets_its_descriptors_and_no_others),
        cmocka_unit_test(test_descriptors_may_stand_in_each_others_place),
        cmocka_unit_test(test_the_standard_streams_exist_even_when_ours_do_not),
        cmocka_unit_test(test_the_environment_is_fixed),
        cmocka_unit_test(test_signals_start_afresh),
        cmocka_unit_test(test_a_session_is_made_only_when_asked_for),
        cmocka_unit_test(
            test_a_missing_program_is_reported_and_leaves_no_child),
        cmocka_unit_test(test_a_bad_descriptor_is_reported),
        cmocka_unit_test(test_a_shortage_of_descriptors_is_reported),
        cmocka_unit_test(test_too_many_arguments_are_refused),
        cmocka_unit_test(test_a_child_may_die_with_its_parent),
        cmocka_unit_test(test_a_raised_limit_is_not_the_childs),
    };

    if (argc > 1) {
        return run_as_child(argv[1]);
    }
    if (spawn_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
