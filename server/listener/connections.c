#include "server/listener/connections.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "server/base/fd.h"
#include "server/base/spawn.h"
#include "server/ipc/uvlink.h"
#include "server/log/log.h"

/* Freed in on_timer_closed(), and nowhere else. */
struct connection {
    struct connections *all;
    struct connection *next; /* in its bucket */
    uv_timer_t grace;
    struct uvlink *link; /* NULL: the monitor is ending */
    pid_t pid;
    bool logged_in;
    bool is_counted; /* among the connections of uid */
    uint32_t uid;
    bool killed; /* by us: nothing to wonder about */
    char peer[SOCKET_HOST_MAX];
    char local[SOCKET_HOST_MAX];
};

void
connections_init(struct connections *all, uv_loop_t *loop,
                 connections_gone_fn *gone, void *arg)
{
    *all = (struct connections){.loop = loop, .gone = gone, .arg = arg};
}

static struct connection **
find(struct connections *all, pid_t pid)
{
    struct connection **at = &all->buckets[(size_t)pid % CONNECTION_BUCKETS];

    while (*at != NULL && (*at)->pid != pid) {
        at = &(*at)->next;
    }
    return at;
}

static void
on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Its user may come again. */
static void
drop_link(struct connection *c)
{
    uvlink_close(c->link);
    c->link = NULL;
    if (c->is_counted) {
        users_leave(&c->all->users, c->uid);
        c->is_counted = false;
    }
}

static void
let_go(struct connection *c)
{
    drop_link(c);
    uv_close((uv_handle_t *)&c->grace, on_timer_closed);
}

/* The monitor and all it started, unless they made groups of their own. */
static void
on_grace_over(uv_timer_t *timer)
{
    struct connection *c = timer->data;

    log_line(LOG_LEVEL_INFO,
             "Timeout before authentication for connection from %s to %s, "
             "pid = %ld",
             c->peer, c->local, (long)c->pid);
    c->killed = true;
    kill(-c->pid, SIGKILL);
}

/* MSG_ADMIT.  Only who has a limit waits for the answer. */
static void
admit(struct connection *c, const struct msg_admit *m)
{
    struct msg_admitted answer = {.ok = 0};

    if (!c->is_counted) {
        c->uid = m->uid;
        c->is_counted = users_admit(&c->all->users, m->uid, m->limit);
        answer.ok = c->is_counted;
    }
    if (m->limit != 0) {
        uvlink_send(c->link, MSG_ADMITTED, &answer, -1);
    }
}

static void
note_login(struct connection *c)
{
    if (!c->logged_in) {
        c->logged_in = true;
        c->all->waiting--;
        uv_timer_stop(&c->grace);
    }
}

static void
on_message(void *arg, struct frame *f)
{
    struct connection *c = arg;
    struct msg_admit m;

    if (f->type == MSG_LOGGED_IN) {
        note_login(c);
    } else if (f->type == MSG_ADMIT && frame_decode(f, &m) == 0) {
        admit(c, &m);
    }
}

/* The monitor is ending, or broken: its end is what counts, see reap. */
static void
on_link_end(void *arg, int why)
{
    struct connection *c = arg;

    (void)why;
    drop_link(c);
}

static int
start_monitor(const struct connection_start *start, int link, pid_t *ret)
{
    const struct spawn spawn = {
        .name = "portcullis-monitor",
        .fds = {start->bundle, start->client, link},
        .fd_count = 3,
        .new_session = !start->with_terminal,
    };

    return spawn_start(&spawn, ret);
}

static int
connect_monitor(struct connection *c, const struct connection_start *start)
{
    int ends[2] = {-1, -1};
    int r = link_pair(ends, 1);

    if (r == 0) {
        r = uvlink_new(c->all->loop, ends[0], ROUTE_MONITOR_TO_LISTENER,
                       on_message, on_link_end, c, &c->link);
    }
    if (r == 0) {
        r = start_monitor(start, ends[1], &c->pid);
    }
    fd_close(&ends[1]);
    return r;
}

int
connections_start(struct connections *all, const struct connection_start *start)
{
    struct connection *c = calloc(1, sizeof(*c));
    struct connection **bucket = NULL;
    int r = 0;

    if (c == NULL) {
        return -ENOMEM;
    }
    c->all = all;
    c->grace.data = c;
    uv_timer_init(all->loop, &c->grace);
    socket_address_format(&start->peer, c->peer);
    socket_address_format(&start->local, c->local);
    r = connect_monitor(c, start);
    if (r < 0) {
        let_go(c);
        return r;
    }
    if (start->grace_time_s > 0) {
        uv_timer_start(&c->grace, on_grace_over, start->grace_time_s * 1000, 0);
    }
    bucket = &all->buckets[(size_t)c->pid % CONNECTION_BUCKETS];
    c->next = *bucket;
    *bucket = c;
    all->count++;
    all->waiting++;
    return 0;
}

static void
forget(struct connections *all, struct connection **at, int status)
{
    struct connection *c = *at;

    *at = c->next;
    all->count--;
    all->waiting -= c->logged_in ? 0 : 1;
    if (WIFSIGNALED(status) && !c->killed) {
        log_line(LOG_LEVEL_ERROR,
                 "session process %ld for connection from %s to %s killed by "
                 "signal %d",
                 (long)c->pid, c->peer, c->local, WTERMSIG(status));
    }
    let_go(c);
}

void
connections_reap(struct connections *all)
{
    for (;;) {
        int status = 0;
        struct connection **at = NULL;
        pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid <= 0) {
            return;
        }
        at = find(all, pid);
        if (*at != NULL) {
            forget(all, at, status);
            all->gone(all->arg, status);
        }
    }
}
