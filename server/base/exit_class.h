#ifndef SERVER_BASE_EXIT_CLASS_H
#define SERVER_BASE_EXIT_CLASS_H

#include <stdbool.h>

/*
 * How a monitor's connection ended, as its exit status: what the listener
 * holds against the client.  The numbers are those of sshd's processes.
 */
enum exit_class {
    EXIT_CLASS_CLEAN = 0,      /* somebody was logged in */
    EXIT_CLASS_GRACE = 3,      /* LoginGraceTime was over */
    EXIT_CLASS_CRASH = 4,      /* one of our processes crashed before login */
    EXIT_CLASS_ATTEMPTED = 5,  /* a login was tried, and none succeeded */
    EXIT_CLASS_REFUSED = 6,    /* RefuseConnection */
    EXIT_CLASS_INVALID = 7,    /* nobody we know, and nothing was tried */
    EXIT_CLASS_NO_LOGIN = 255, /* everything else that never logged in */
};

/* Did a program fault end it?  status is that of waitpid(2). */
bool exit_was_crash(int status);

#endif
