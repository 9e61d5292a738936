#ifndef SERVER_BASE_INTERRUPT_H
#define SERVER_BASE_INTERRUPT_H

#include <stdint.h>

/*
 * A system call that must not block, on a descriptor that somebody else can
 * make block: from now on one that does fails with EINTR after period_ms at
 * most.  SIGALRM is taken for it; libuv's calls do not mind.  0 or -errno.
 */
int interrupt_start(uint32_t period_ms);

/* Nothing is interrupted any more. */
void interrupt_stop(void);

/*
 * Nothing is in between: for a call that gives up what it is at when it is
 * interrupted, such as syslog(3).  Both do nothing before interrupt_start().
 */
void interrupt_pause(void);
void interrupt_resume(void);

#endif
