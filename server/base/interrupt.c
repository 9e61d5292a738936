#include "server/base/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>

/* The timer is the process's, so this is, too. */
static bool is_running;

static void
on_alarm(int number)
{
    (void)number;
}

/* Again and again: the first may come just before the call that blocks. */
static int
set_timer(uint32_t period_ms)
{
    const struct timeval period = {
        .tv_sec = period_ms / 1000,
        .tv_usec = (suseconds_t)(period_ms % 1000) * 1000,
    };
    const struct itimerval timer = {.it_interval = period, .it_value = period};

    return setitimer(ITIMER_REAL, &timer, NULL) < 0 ? -errno : 0;
}

int
interrupt_start(uint32_t period_ms)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGALRM, &action, NULL) < 0) {
        return -errno;
    }
    is_running = true;
    return set_timer(period_ms);
}

void
interrupt_stop(void)
{
    set_timer(0);
    is_running = false;
}

static void
mask(int how)
{
    sigset_t alarms;

    if (is_running) {
        sigemptyset(&alarms);
        sigaddset(&alarms, SIGALRM);
        sigprocmask(how, &alarms, NULL);
    }
}

void
interrupt_pause(void)
{
    mask(SIG_BLOCK);
}

void
interrupt_resume(void)
{
    mask(SIG_UNBLOCK);
}
