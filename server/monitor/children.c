/* Process ids and their ends; what an end means is decided elsewhere. */
#include "server/monitor/children.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

int
children_start(struct children *c, const struct spawn *spawn, pid_t *ret)
{
    int r = 0;

    if (c->count == LIMIT_CHILDREN) {
        return -EAGAIN;
    }
    r = spawn_start(spawn, ret);
    if (r == 0) {
        c->list[c->count++] = (struct child){
            .pid = *ret,
            .name = spawn->name,
        };
    }
    return r;
}

void
children_reap(struct children *c, child_gone_fn *gone, void *arg)
{
    size_t i = 0;

    while (i < c->count) {
        struct child child = c->list[i];
        int status = 0;
        pid_t r = waitpid(child.pid, &status, WNOHANG);

        if (r == 0 || (r < 0 && errno == EINTR)) {
            i++;
            continue;
        }
        c->list[i] = c->list[--c->count];
        gone(arg, &child, status);
    }
}

void
children_kill(struct children *c, pid_t pid)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->list[i].pid == pid) {
            c->list[i].was_killed = true;
            kill(pid, SIGKILL);
        }
    }
}

void
children_kill_all(struct children *c)
{
    for (size_t i = 0; i < c->count; i++) {
        c->list[i].was_killed = true;
        kill(c->list[i].pid, SIGKILL);
    }
}
