/*
 * Runs a daemon and collects whatever is orphaned below it, so that the CPU
 * time of every process that it ever had adds up here (see usage.py).
 */
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t daemon_pid;

static void
pass_on(int number)
{
    if (daemon_pid > 0) {
        kill((pid_t)daemon_pid, number);
    }
}

/* Until the last child has gone: the exit status of the daemon. */
static int
collect(pid_t pid)
{
    int status = 0;
    int ret = 1;

    while (true) {
        pid_t gone = wait(&status);
        if (gone == pid) {
            daemon_pid = 0;
            ret = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        }
        if (gone < 0 && errno != EINTR) {
            return ret;
        }
    }
}

int
load_subreaper(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = pass_on};
    pid_t pid;

    if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
        return load_fail("subreaper");
    }
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    daemon_pid = pid;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    return pid < 0 ? load_fail("fork") : collect(pid);
}
