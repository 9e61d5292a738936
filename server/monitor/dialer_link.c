/*
 * The dialer's life, and where its answers go.  It runs as the user, who may
 * kill it and, as root only, more: its answers are checked by who asked.
 */
#include "server/monitor/dialer_link.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/shortage.h"
#include "server/log/log.h"
#include "server/monitor/forward.h"
#include "server/monitor/forward_dial.h"
#include "server/monitor/forward_open.h"
#include "server/monitor/forward_socket.h"
#include "server/monitor/listen.h"
#include "server/monitor/listen_open.h"
#include "server/monitor/pam_link.h"

#define NUMBER_MAX 12 /* bytes of a printed id */

struct dialer {
    struct connection *c;
    struct uvlink *link; /* NULL: none runs */
    pid_t pid;           /* 0: none, or it is portcullis-pam's child */
    unsigned starts;
};

int
dialer_new(struct connection *c)
{
    c->dialer = calloc(1, sizeof(*c->dialer));
    if (c->dialer == NULL) {
        return -ENOMEM;
    }
    c->dialer->c = c;
    return 0;
}

void
dialer_close(struct dialer *d)
{
    if (d == NULL) {
        return;
    }
    uvlink_close(d->link);
    d->link = NULL;
    forward_dials_lost_dialer(d->c);
    if (d->pid > 0) {
        children_kill(&d->c->children, d->pid);
    }
    d->pid = 0;
}

void
dialer_free(struct dialer *d)
{
    free(d);
}

static void
lose(struct dialer *d, const char *why)
{
    struct words_who who = connection_who(d->c);

    if (d->link == NULL) {
        return;
    }
    log_line(LOG_LEVEL_ERROR, "lost the dialer of user %.100s: %s", who.user,
             why);
    dialer_close(d);
    forwards_lost_dialer(d->c);
    listeners_lost_dialer(d->c);
}

union body {
    struct msg_resolved resolved;
    struct msg_connected connected;
    struct msg_bound bound;
    struct msg_incoming incoming;
    struct msg_socket socket;
};

/* Both kinds of asker share one series of numbers. */
static void
dispatch(struct connection *c, struct frame *f, const union body *m)
{
    switch ((int)f->type) {
    case MSG_RESOLVED:
        if (!forward_resolved(c, &m->resolved)) {
            listen_resolved(c, &m->resolved);
        }
        return;
    case MSG_CONNECTED:
        forward_connected(c, &m->connected, &f->fd);
        return;
    case MSG_BOUND:
        listen_bound(c, &m->bound);
        return;
    case MSG_INCOMING:
        listen_incoming(c, &m->incoming, &f->fd);
        return;
    case MSG_SOCKET:
        forward_dial_socket(c, &m->socket, &f->fd);
        return;
    }
}

static void
on_message(void *arg, struct frame *f)
{
    struct dialer *d = arg;
    union body m;

    if (d->c->state == CONNECTION_READY && frame_decode(f, &m) < 0) {
        lose(d, "malformed message");
    } else if (d->c->state == CONNECTION_READY) {
        dispatch(d->c, f, &m);
    }
    forward_socket_drop(&f->fd); /* nobody took it */
}

static void
on_end(void *arg, int why)
{
    lose(arg, why == -EPIPE ? "it ended" : strerror(-why));
}

/* ---- starting one ---- */

static void
on_pam_result(void *arg, const struct msg_pam_result *result)
{
    struct dialer *d = arg;

    if (!result->ok) {
        lose(d, result->detail);
    }
}

static int
start_by_pam(struct dialer *d, int *fd)
{
    const struct msg_none none = {0};

    pam_link_request(d->c->pam, MSG_PAM_DIALER, &none, *fd, on_pam_result, d);
    *fd = -1;
    return 0;
}

/*
 * The dialer keeps the groups that it inherits.  portcullis-pam has those of
 * the user; without PAM this process takes them, which its root does not feel.
 */
static int
spawn_on(struct dialer *d, int fd)
{
    const struct user *user = d->c->user;
    char uid[NUMBER_MAX], gid[NUMBER_MAX];
    const char *const argv[] = {uid, gid, NULL};
    const struct spawn spawn = {
        .name = "portcullis-dialer",
        .argv = geteuid() == 0 ? argv : NULL,
        .fds = {fd},
        .fd_count = 1,
        .die_with_parent = 1,
    };

    if (geteuid() == 0 && setgroups(user->group_count, user->groups) < 0) {
        return -errno;
    }
    snprintf(uid, sizeof(uid), "%u", user->uid);
    snprintf(gid, sizeof(gid), "%u", user->gid);
    return children_start(&d->c->children, &spawn, &d->pid);
}

static int
start(struct dialer *d)
{
    int pair[2] = {-1, -1};
    int r = link_pair(pair, 1);

    if (r == 0) {
        r = uvlink_new(&d->c->loop, pair[0], ROUTE_DIALER_TO_MONITOR,
                       on_message, on_end, d, &d->link);
    }
    if (r == 0) {
        uvlink_set_phase(d->link, PHASE_READY);
        r = d->c->pam != NULL ? start_by_pam(d, &pair[1])
                              : spawn_on(d, pair[1]);
    }
    fd_close(&pair[1]);
    if (r < 0 && !shortage_is(r)) { /* what asked for it is logged then */
        log_line(LOG_LEVEL_ERROR, "cannot start a dialer: %s", strerror(-r));
    }
    if (r < 0) {
        dialer_close(d);
    }
    return r;
}

/* There is one, or there will be none. */
static int
have(struct dialer *d)
{
    int r = 0;

    if (d->link != NULL) {
        return 0;
    }
    if (d->starts >= LIMIT_DIALER_STARTS) {
        return -ECONNABORTED;
    }
    r = start(d);
    d->starts += shortage_is(r) ? 0 : 1; /* it may work the next time */
    return r;
}

int
dialer_send_fd(struct dialer *d, enum msg_type type, const void *body, int fd)
{
    int r = have(d);

    if (r < 0) {
        fd_close(&fd);
        return r;
    }
    return uvlink_send(d->link, type, body, fd);
}

int
dialer_send(struct dialer *d, enum msg_type type, const void *body)
{
    return dialer_send_fd(d, type, body, -1);
}

int
dialer_tell(struct dialer *d, enum msg_type type, const void *body)
{
    return d->link == NULL ? -ENOTCONN : uvlink_send(d->link, type, body, -1);
}
