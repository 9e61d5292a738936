/*
 * Attempts at what the session must not be able to do.  Each is made with
 * arguments that would do no harm if it succeeded.
 */
#include "server/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A descriptor that every role has: its standard error. */
#define SOME_FD 2

static const struct sockaddr_in loopback = {.sin_family = AF_INET};
static const char *const no_arguments[] = {NULL};

static long
try_socket(void)
{
    return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static long
try_socketpair(void)
{
    int pair[2];

    return syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
}

static long
try_connect(void)
{
    return syscall(SYS_connect, SOME_FD, &loopback, sizeof(loopback));
}

static long
try_bind(void)
{
    return syscall(SYS_bind, SOME_FD, &loopback, sizeof(loopback));
}

static long
try_listen(void)
{
    return syscall(SYS_listen, SOME_FD, 1);
}

static long
try_accept(void)
{
    return syscall(SYS_accept4, SOME_FD, NULL, NULL, 0);
}

static long
try_open(void)
{
    return syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_CLOEXEC, 0);
}

static long
try_kill(void)
{
    return syscall(SYS_kill, syscall(SYS_getpid), 0);
}

static long
try_ptrace(void)
{
    return syscall(SYS_ptrace, PTRACE_CONT, -1, NULL, NULL);
}

static long
try_exec(void)
{
    return syscall(SYS_execve, "/", no_arguments, no_arguments);
}

static long
try_fork(void)
{
    long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

    if (pid == 0) {
        syscall(SYS_exit_group, 0);
    }
    return pid;
}

static long
try_sendto_address(void)
{
    return syscall(SYS_sendto, SOME_FD, "", 0, 0, &loopback, sizeof(loopback));
}

static long
try_sendmsg(void)
{
    return syscall(SYS_sendmsg, SOME_FD, NULL, 0);
}

static long
try_unshare(void)
{
    return syscall(SYS_unshare, CLONE_NEWUSER);
}

static const struct {
    const char *name;
    long (*call)(void);
} attempts[] = {
    {"socket", try_socket},
    {"socketpair", try_socketpair},
    {"connect", try_connect},
    {"bind", try_bind},
    {"listen", try_listen},
    {"accept", try_accept},
    {"open", try_open},
    {"kill", try_kill},
    {"ptrace", try_ptrace},
    {"exec", try_exec},
    {"fork", try_fork},
    {"sendto with an address", try_sendto_address},
    {"sendmsg beside the links", try_sendmsg},
    {"unshare", try_unshare},
};

int
sandbox_verify(sandbox_attempt_fn *report, void *arg)
{
    int r = 0;

    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        int error = 0;

        errno = 0;
        if (attempts[i].call() < 0) {
            error = errno;
        }
        if (error != EPERM) {
            r = -EPERM;
        }
        if (report != NULL) {
            report(arg, attempts[i].name, error);
        }
    }
    errno = 0; /* libssh quotes a stale one in its messages */
    return r;
}
