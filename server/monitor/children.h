#ifndef SERVER_MONITOR_CHILDREN_H
#define SERVER_MONITOR_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "server/base/spawn.h"
#include "server/limits.h"

/*
 * The processes that we started and have not waited for.  Only these are
 * ever signalled, so a process id that was reused is safe.
 */
struct child {
    pid_t pid;
    const char *name; /* the program; borrowed for good */
    bool was_killed;  /* by us: not worth a line */
};

struct children {
    struct child list[LIMIT_CHILDREN];
    size_t count;
};

/* Start a program and remember it. 0 and its pid, or -errno. */
int children_start(struct children *c, const struct spawn *spawn, pid_t *ret);

/* A child is gone; status is that of waitpid(2). */
typedef void child_gone_fn(void *arg, const struct child *child, int status);

/* Wait for those that are gone, without blocking. */
void children_reap(struct children *c, child_gone_fn *gone, void *arg);

/* SIGKILL, when it is one of ours and still there. */
void children_kill(struct children *c, pid_t pid);
void children_kill_all(struct children *c);

#endif
