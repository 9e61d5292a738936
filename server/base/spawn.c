#include "server/base/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/file_limit.h"
#include "server/base/installation.h"
#include "server/base/programs.h"

/*
 * vfork and exec of our own programs: the parent waits for exec in any case,
 * and fork would copy its page tables for nothing.  Between the two the child
 * calls only what signal-safety(7) allows, writes to nothing of the parent's
 * but the plan, and never returns; signals stay blocked until their handlers
 * are gone: a handler of the parent would write into the parent's event loop.
 */

#define FIRST_FD 3
#define ARGUMENT_MAX 16

/* Variables that pass from our environment into the child's. */
static const char *const inherited[] = {
    "TZ=",
#ifdef PORTCULLIS_SANITIZED
    "ASAN_OPTIONS=",
    "UBSAN_OPTIONS=",
    "LSAN_OPTIONS=",
#endif
};

#define INHERITED_COUNT (sizeof(inherited) / sizeof(inherited[0]))

static char program_folder[PATH_MAX];
static struct rlimit files_before; /* what children get, when raised */
static bool files_are_raised;

/* All that the child needs, made before vfork(); it may write to it. */
struct plan {
    const struct spawn *spawn;
    int program; /* or -1: by path */
    char path[PATH_MAX + NAME_MAX];
    int fds[SPAWN_FD_MAX]; /* from FIRST_FD up */
    size_t fd_count;
    char *argv[ARGUMENT_MAX + 1];
    char *environment[2 + INHERITED_COUNT + 1];
    pid_t parent;
    int report; /* the write end of the pipe that tells why exec failed */
};

/* Built, all programs are in one folder; installed, the daemon's differs. */
static void
follow_installation(size_t length)
{
    static const char rest[] = "/" INSTALLATION_PROGRAMS;
    char beside[PATH_MAX + NAME_MAX];

    snprintf(beside, sizeof(beside), "%s/%s", program_folder,
             INSTALLATION_ANY_PROGRAM);
    if (access(beside, F_OK) == 0 ||
        length + sizeof(rest) > sizeof(program_folder)) {
        return;
    }
    memcpy(program_folder + length, rest, sizeof(rest));
    if (access(program_folder, F_OK) < 0) {
        program_folder[length] = '\0'; /* what is missing is named here */
    }
}

int
spawn_init(void)
{
    ssize_t n =
        readlink("/proc/self/exe", program_folder, sizeof(program_folder) - 1);
    char *slash = NULL;

    if (n < 0) {
        return -errno;
    }
    program_folder[n] = '\0';
    slash = strrchr(program_folder, '/');
    if (slash == NULL || (size_t)n == sizeof(program_folder) - 1) {
        return -ENAMETOOLONG;
    }
    *slash = '\0';
    follow_installation((size_t)(slash - program_folder));
    return 0;
}

const char *
spawn_folder(void)
{
    return program_folder;
}

/* execve() wants char *const[], and does not write to the strings. */
static char *
writable(const char *text)
{
    union {
        const char *from;
        char *to;
    } cast = {.from = text};

    return cast.to;
}

static void
plan_environment(struct plan *p)
{
    size_t used = 0;

    p->environment[used++] =
        writable("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                 "/sbin:/bin");
    p->environment[used++] = writable("LANG=C");
    for (size_t i = 0; i < INHERITED_COUNT; i++) {
        size_t length = strlen(inherited[i]);
        char **e = environ;

        while (*e != NULL && strncmp(*e, inherited[i], length) != 0) {
            e++;
        }
        if (*e != NULL) {
            p->environment[used++] = *e;
        }
    }
}

int
spawn_raise_files(size_t wanted)
{
    struct rlimit before;
    int r = 0;

    if (getrlimit(RLIMIT_NOFILE, &before) < 0) {
        return -errno;
    }
    r = file_limit_raise(wanted);
    if (r == 0 && !files_are_raised) {
        files_before = before;
        files_are_raised = true;
    }
    return r;
}

/* Which file to run. */
static int
plan_program(struct plan *p)
{
    int n = 0;

    p->program = programs_find(p->spawn->name);
    if (p->program >= 0) {
        return 0;
    }
    if (p->program != -ENOENT) {
        return p->program;
    }
    p->program = -1;
    assert(program_folder[0] != '\0');
    n = snprintf(p->path, sizeof(p->path), "%s/%s", program_folder,
                 p->spawn->name);
    return n < 0 || (size_t)n >= sizeof(p->path) ? -ENAMETOOLONG : 0;
}

static int
plan_descriptors(struct plan *p)
{
    for (size_t i = 0; i < p->spawn->fd_count; i++) {
        p->fds[p->fd_count++] = p->spawn->fds[i];
    }
    if (!p->spawn->with_programs || programs_descriptor(0) < 0) {
        return 0;
    }
    assert(p->fd_count + PROGRAM_COUNT <= SPAWN_FD_MAX);
    for (unsigned i = 0; i < PROGRAM_COUNT; i++) {
        p->fds[p->fd_count++] = programs_descriptor(i);
    }
    return programs_check();
}

static int
plan_init(struct plan *p, const struct spawn *spawn)
{
    size_t count = 0;
    int r = 0;

    assert(spawn->fd_count <= SPAWN_FD_MAX);
    p->spawn = spawn;
    p->parent = getpid();
    r = plan_program(p);
    if (r == 0) {
        r = plan_descriptors(p);
    }
    if (r < 0) {
        return r;
    }
    p->argv[0] = writable(spawn->name);
    while (spawn->argv != NULL && spawn->argv[count] != NULL) {
        if (count + 1 == ARGUMENT_MAX) {
            return -E2BIG;
        }
        p->argv[count + 1] = writable(spawn->argv[count]);
        count++;
    }
    plan_environment(p);
    return 0;
}

/* A copy of fd out of the way of the numbers that will be handed out. */
static int
lift(const struct plan *p, int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + (int)p->fd_count);
}

/* stdin is empty; stdout and stderr exist, whatever became of ours. */
static int
child_standard_streams(const struct plan *p)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int lifted = null < 0 ? -1 : lift(p, null);

    if (lifted < 0 || dup2(lifted, STDIN_FILENO) < 0) {
        return -errno;
    }
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if ((flags < 0 || flags == FD_CLOEXEC) && dup2(lifted, fd) < 0) {
            return -errno;
        }
    }
    return 0;
}

/* dup2() clears CLOEXEC, so exactly what is put in place here survives. */
static int
child_descriptors(struct plan *p)
{
    int lifted[SPAWN_FD_MAX];
    size_t count = p->fd_count;
    int r = 0;

    for (size_t i = 0; i < count; i++) {
        lifted[i] = lift(p, p->fds[i]);
        if (lifted[i] < 0) {
            return -errno;
        }
    }
    r = child_standard_streams(p);
    for (size_t i = 0; r == 0 && i < count; i++) {
        r = dup2(lifted[i], FIRST_FD + (int)i) < 0 ? -errno : 0;
    }
    if (r < 0) {
        return r;
    }
    return close_range((unsigned)FIRST_FD + (unsigned)count, UINT_MAX,
                       CLOSE_RANGE_CLOEXEC) < 0
               ? -errno
               : 0;
}

static int
child_files(void)
{
    return files_are_raised && setrlimit(RLIMIT_NOFILE, &files_before) < 0
               ? -errno
               : 0;
}

static void
child_signals(void)
{
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &plain, NULL); /* fails for KILL and STOP */
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
child_exec(struct plan *p)
{
    int r = child_descriptors(p);

    if (r == 0) {
        r = child_files();
    }
    if (r < 0) {
        return r;
    }
    child_signals();
    if (p->spawn->new_session && setsid() < 0) {
        return -errno;
    }
    if (p->spawn->die_with_parent &&
        (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != p->parent)) {
        return -ESRCH; /* the parent died before it could be watched */
    }
    if (p->program >= 0) {
        execveat(p->program, "", p->argv, p->environment, AT_EMPTY_PATH);
    } else {
        execve(p->path, p->argv, p->environment);
    }
    return -errno;
}

/* What the child itself needs, out of the way of what it is given. */
static int
child_keep(struct plan *p)
{
    int report = lift(p, p->report);
    int program = p->program >= 0 ? lift(p, p->program) : -1;

    if (report < 0 || (p->program >= 0 && program < 0)) {
        return -errno; /* p->report is where it was: that can be told */
    }
    p->report = report;
    p->program = program;
    return 0;
}

static void
child_run(struct plan *p)
{
    int r = child_keep(p);

    if (r == 0) {
        r = child_exec(p);
    }
    if (write(p->report, &r, sizeof(r)) < 0) {
        _exit(126);
    }
    _exit(127);
}

/* End of file means that exec closed the pipe: the program runs. */
static int
await_exec(int report, pid_t pid)
{
    int why = 0;
    ssize_t n;

    do {
        n = read(report, &why, sizeof(why));
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        return 0;
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return n == (ssize_t)sizeof(why) && why < 0 ? why : -EIO;
}

static int
fork_quietly(struct plan *p, pid_t *ret)
{
    sigset_t all;
    sigset_t before;
    int r = 0;

    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, &before) < 0) {
        return -errno;
    }
    *ret = vfork();
    if (*ret == 0) {
        child_run(p);
    }
    if (*ret < 0) {
        r = -errno;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return r;
}

int
spawn_start(const struct spawn *spawn, pid_t *ret)
{
    struct plan plan = {0};
    int report[2];
    pid_t pid = -1;
    int r = plan_init(&plan, spawn);

    if (r < 0) {
        return r;
    }
    if (pipe2(report, O_CLOEXEC) < 0) {
        return -errno;
    }
    plan.report = report[1];
    r = fork_quietly(&plan, &pid);
    fd_close(&report[1]);
    if (r == 0) {
        r = await_exec(report[0], pid);
    }
    fd_close(&report[0]);
    if (r == 0) {
        *ret = pid;
    }
    return r;
}
