#include "server/listener/connections.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "server/base/exit_class.h"
#include "server/base/fd.h"
#include "server/base/spawn.h"
#include "server/ipc/sockaddr.h"
#include "server/ipc/uvlink.h"
#include "server/limits.h"
#include "server/listener/source.h"
#include "server/log/log.h"

/* Freed in on_timer_closed(), and nowhere else. */
struct connection {
    struct connections *all;
    struct connection *next; /* in its bucket */
    struct connection *next_waiting, *previous_waiting;
    uv_timer_t grace;
    struct address client;
    struct uvlink *link; /* NULL: the monitor is ending */
    pid_t pid;
    bool logged_in;
    bool is_counted; /* among the connections of uid */
    uint32_t uid;
    bool killed; /* by us, because its time was over */
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

/*
 * The monitor, which keeps the time itself, has not ended: then it and all
 * that it started, unless they made groups of their own.
 */
static void
on_grace_over(uv_timer_t *timer)
{
    struct connection *c = timer->data;

    c->killed = true;
    kill(-c->pid, SIGKILL);
}

/* ---- who has not logged in ---- */

static void
begin_waiting(struct connections *all, struct connection *c)
{
    c->next_waiting = all->first_waiting;
    if (c->next_waiting != NULL) {
        c->next_waiting->previous_waiting = c;
    }
    all->first_waiting = c;
    all->waiting++;
}

static void
end_waiting(struct connections *all, struct connection *c)
{
    if (c->next_waiting != NULL) {
        c->next_waiting->previous_waiting = c->previous_waiting;
    }
    if (c->previous_waiting != NULL) {
        c->previous_waiting->next_waiting = c->next_waiting;
    } else {
        all->first_waiting = c->next_waiting;
    }
    all->waiting--;
}

size_t
connections_waiting_from(const struct connections *all,
                         const struct address *client,
                         const struct net_block_setting *block)
{
    struct address source = source_of(client, block);
    size_t count = 0;

    for (const struct connection *c = all->first_waiting; c != NULL;
         c = c->next_waiting) {
        struct address other = source_of(&c->client, block);

        count += address_equal(&source, &other) ? 1 : 0;
    }
    return count;
}

/* ---- what the monitor says ---- */

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
        uvlink_flush(c->link); /* not behind the monitors that start now */
    }
}

static void
note_login(struct connection *c)
{
    if (!c->logged_in) {
        c->logged_in = true;
        end_waiting(c->all, c);
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
    static const char *const patient[] = {"--no-grace-time", NULL};
    const struct spawn spawn = {
        .name = "portcullis-monitor",
        .argv = start->grace_time_s == 0 ? patient : NULL,
        .fds = {start->bundle, start->client, link},
        .fd_count = 3,
        .new_session = !start->with_terminal,
        .with_programs = 1,
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
    c->client = socket_address_of(&start->peer);
    socket_address_format(&start->peer, c->peer);
    socket_address_format(&start->local, c->local);
    r = connect_monitor(c, start);
    if (r < 0) {
        let_go(c);
        return r;
    }
    if (start->grace_time_s > 0) {
        uv_timer_start(&c->grace, on_grace_over,
                       start->grace_time_s * 1000 + GRACE_OVERDUE_MS, 0);
    }
    bucket = &all->buckets[(size_t)c->pid % CONNECTION_BUCKETS];
    c->next = *bucket;
    *bucket = c;
    all->count++;
    begin_waiting(all, c);
    return 0;
}

/* sshd's lines about what ended before a login. */
static void
say_end(const struct connection *c, int status, enum penalty_part why)
{
    if (why == PENALTY_GRACE_EXCEEDED) {
        log_line(LOG_LEVEL_INFO,
                 "Timeout before authentication for connection from %s to %s, "
                 "pid = %ld",
                 c->peer, c->local, (long)c->pid);
    } else if (WIFSIGNALED(status)) {
        log_line(LOG_LEVEL_ERROR,
                 "session process %ld for connection from %s to %s killed by "
                 "signal %d",
                 (long)c->pid, c->peer, c->local, WTERMSIG(status));
    } else if (why == PENALTY_CRASH) {
        log_line(LOG_LEVEL_INFO,
                 "Session process %ld unpriv child crash for connection from "
                 "%s to %s",
                 (long)c->pid, c->peer, c->local);
    }
}

/* What the end of a monitor says against its client. */
static enum penalty_part
blame(const struct connection *c, int status)
{
    if (c->logged_in) {
        return PENALTY_NONE;
    }
    if (c->killed) {
        return PENALTY_GRACE_EXCEEDED;
    }
    if (!WIFEXITED(status)) {
        return exit_was_crash(status) ? PENALTY_CRASH : PENALTY_NONE;
    }
    switch (WEXITSTATUS(status)) {
    case EXIT_CLASS_CLEAN:
        return PENALTY_NONE;
    case EXIT_CLASS_GRACE:
        return PENALTY_GRACE_EXCEEDED;
    case EXIT_CLASS_CRASH:
        return PENALTY_CRASH;
    case EXIT_CLASS_ATTEMPTED:
        return PENALTY_AUTHFAIL;
    case EXIT_CLASS_REFUSED:
        return PENALTY_REFUSED;
    case EXIT_CLASS_INVALID:
        return PENALTY_INVALID_USER;
    default:
        return PENALTY_NOAUTH;
    }
}

void
connections_end(const struct connections *all)
{
    for (size_t i = 0; i < CONNECTION_BUCKETS; i++) {
        for (struct connection *c = all->buckets[i]; c != NULL; c = c->next) {
            kill(c->pid, SIGTERM);
        }
    }
}

static void
forget(struct connections *all, struct connection **at, int status)
{
    struct connection *c = *at;
    const struct connection_end end = {
        .status = status,
        .client = c->client,
        .why = blame(c, status),
    };

    *at = c->next;
    all->count--;
    if (!c->logged_in) {
        end_waiting(all, c);
    }
    say_end(c, status, end.why);
    let_go(c);
    all->gone(all->arg, &end);
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
        }
    }
}
