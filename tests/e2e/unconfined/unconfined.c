/*
 * In place of what confines a process: nothing.  The leak checker needs /proc,
 * ptrace(2), an exit(3) and the time for it: a process whose link is closed
 * ends by itself, and the monitor waits for it.
 */
#include <stdlib.h>

#include "server/base/privilege.h"
#include "server/monitor/children.h"
#include "server/sandbox/sandbox.h"

/* By the linker's --wrap. */
int __wrap_privilege_drop(const struct privilege *to);
int __wrap_privilege_harden(void);
int __wrap_sandbox_enter_session(void);
int __wrap_sandbox_verify(sandbox_attempt_fn *report, void *arg);
void __wrap_children_kill(struct children *c, pid_t pid);
void __wrap__exit(int status) __attribute__((noreturn));

int
__wrap_privilege_drop(const struct privilege *to)
{
    (void)to;
    return 0;
}

int
__wrap_privilege_harden(void)
{
    return 0;
}

int
__wrap_sandbox_enter_session(void)
{
    return 0;
}

int
__wrap_sandbox_verify(sandbox_attempt_fn *report, void *arg)
{
    (void)report;
    (void)arg;
    return 0;
}

void
__wrap_children_kill(struct children *c, pid_t pid)
{
    (void)c;
    (void)pid;
}

void
__wrap__exit(int status)
{
    exit(status);
}
