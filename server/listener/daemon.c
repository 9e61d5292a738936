#include "server/listener/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/installation.h"
#include "server/listener/portcullisd.h"

int
daemon_open_streams(void)
{
    int fd = -1;

    do {
        fd = open("/dev/null", O_RDWR); /* meant to stay over exec */
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0) {
        return -errno;
    }
    fd_close(&fd);
    return 0;
}

int
daemon_reset_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
        sigprocmask(SIG_SETMASK, &none, NULL) < 0) {
        return -errno;
    }
    return 0;
}

/* One piece of -E's path: returns how much of the pattern it took. */
static size_t
expand_piece(const char *pattern, char out[NAME_MAX])
{
    if (pattern[0] == '%' && pattern[1] == 'p') {
        snprintf(out, NAME_MAX, "%ld", (long)getpid());
        return 2;
    }
    if (pattern[0] == '%' && pattern[1] == 'P') {
        snprintf(out, NAME_MAX, "%s", program_invocation_short_name);
        return 2;
    }
    snprintf(out, NAME_MAX, "%c", pattern[0]);
    return pattern[0] == '%' && pattern[1] == '%' ? 2 : 1;
}

static int
expand(const char *pattern, char *out, size_t size)
{
    size_t used = 0;

    while (*pattern != '\0') {
        char piece[NAME_MAX];
        size_t length;

        pattern += expand_piece(pattern, piece);
        length = strlen(piece);
        if (length >= size - used) {
            return -ENAMETOOLONG;
        }
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used] = '\0';
    return 0;
}

int
daemon_log_path(const char *pattern, char *ret)
{
    size_t used = 0;

    if (*pattern != '/') {
        if (getcwd(ret, PATH_MAX - 1) == NULL) {
            return -errno;
        }
        used = strlen(ret);
        ret[used++] = '/';
    }
    return expand(pattern, ret + used, PATH_MAX - used);
}

int
daemon_log_to_file(const char *path)
{
    int fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    int r = 0;

    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0) {
        r = -errno;
    }
    fd_close(&fd);
    return r;
}

/* Does not return: the terminal waits for what this process says last. */
static void
await_child(int ready, pid_t child)
{
    char byte = 0;
    int status = 0;
    ssize_t n;

    do {
        n = read(ready, &byte, 1);
    } while (n < 0 && errno == EINTR);
    if (n == 1) {
        _exit(EXIT_SUCCESS);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    _exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status)
                                                        : STATUS_FATAL);
}

int
daemon_detach(int *ret)
{
    int pipes[2];
    pid_t child = -1;

    if (pipe2(pipes, O_CLOEXEC) < 0) {
        return -errno;
    }
    child = fork();
    if (child < 0) {
        int r = -errno;

        fd_close(&pipes[0]);
        fd_close(&pipes[1]);
        return r;
    }
    if (child > 0) {
        fd_close(&pipes[1]);
        await_child(pipes[0], child);
    }
    fd_close(&pipes[0]);
    *ret = pipes[1];
    return setsid() < 0 ? -errno : 0;
}

void
daemon_leave_streams(bool keep_stderr)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int last = keep_stderr ? STDOUT_FILENO : STDERR_FILENO;

    for (int fd = STDIN_FILENO; null >= 0 && fd <= last; fd++) {
        dup2(null, fd);
    }
    fd_close(&null);
}

void
daemon_ready(int *parent, bool keep_stderr)
{
    daemon_leave_streams(keep_stderr);
    if (write(*parent, "", 1) < 0) {
        /* It was killed while it waited: nobody is there to be told. */
    }
    fd_close(parent);
}

int
daemon_forbid_cores(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) < 0 ? -errno : 0;
}

int
daemon_adopt_orphans(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int
daemon_write_pid_file(const char *path)
{
    int fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    int r = 0;

    if (fd < 0) {
        return -errno;
    }
    if (dprintf(fd, "%ld\n", (long)getpid()) < 0) {
        r = -errno;
    }
    fd_close(&fd);
    return r;
}

void
daemon_remove_pid_file(const char *path)
{
    FILE *file = fopen(path, "re");
    long pid = 0;

    if (file == NULL) {
        return;
    }
    if (fscanf(file, "%ld", &pid) == 1 && pid == (long)getpid()) {
        unlink(path);
    }
    fclose(file);
}

int
daemon_make_directory(struct diag *reterr)
{
    static const char path[] = INSTALLATION_EMPTY_DIRECTORY;
    struct stat st;

    if (geteuid() != 0) {
        return 0;
    }
    if (mkdir(path, 0755) < 0 && errno != EEXIST) {
        return diag_fail(reterr, -errno,
                         "Cannot make the privilege separation directory %s: "
                         "%s",
                         path, strerror(errno));
    }
    if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        return diag_fail(reterr, -ENOTDIR,
                         "Missing privilege separation directory: %s", path);
    }
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return diag_fail(
            reterr, -EPERM,
            "%s must be owned by root and not group or world-writable.", path);
    }
    return 0;
}

int
daemon_check_separation(bool make, struct diag *reterr)
{
    if (geteuid() != 0) {
        return 0;
    }
    if (getpwnam(INSTALLATION_ACCOUNT) == NULL) {
        return diag_fail(reterr, -ENOENT,
                         "Privilege separation user %s does not exist",
                         INSTALLATION_ACCOUNT);
    }
    return make ? daemon_make_directory(reterr) : 0;
}
