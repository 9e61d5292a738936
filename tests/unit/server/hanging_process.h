#ifndef TESTS_UNIT_SERVER_HANGING_PROCESS_H
#define TESTS_UNIT_SERVER_HANGING_PROCESS_H

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A process that does not end by itself, unless the test does. */
static inline pid_t
hanging_process(void)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            pause();
        }
    }
    return pid;
}

#endif
