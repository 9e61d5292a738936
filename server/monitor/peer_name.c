/* What sshd's remote_hostname() finds out, without resolving as root. */
#include "server/monitor/peer_name.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/limits.h"
#include "server/log/log.h"
#include "server/monitor/account.h"

/* link is NULL once the answer is known. */
struct peer_name {
    struct connection *c;
    peer_name_fn *done;
    void *arg;
    struct uvlink *link;
    uv_timer_t timer;
    pid_t pid;
    char name[PEER_HOST_MAX]; /* not confirmed yet */
};

void
peer_name_close(struct peer_name *p)
{
    if (p == NULL) {
        return;
    }
    uv_timer_stop(&p->timer);
    uvlink_close(p->link);
    p->link = NULL;
    if (p->pid > 0) {
        children_kill(&p->c->children, p->pid);
    }
    p->pid = 0;
}

static void
finish(struct peer_name *p)
{
    peer_name_close(p);
    p->done(p->arg);
}

/* A name that looks like an address would pass for one in host patterns. */
static bool
is_address(const char *name)
{
    struct address address;

    return address_parse(name, &address) == 0;
}

static void
fold(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z') {
            *text = (char)(*text - 'A' + 'a');
        }
    }
}

static void
on_named(struct peer_name *p, const struct msg_named *m)
{
    const struct msg_resolve resolve = {
        .id = 0,
        .host = p->name,
        .family = (uint8_t)p->c->peer.address.family,
    };
    const char *ip = p->c->peer.ip;

    if (m->name[0] == '\0' || strlen(m->name) >= sizeof(p->name)) {
        finish(p);
        return;
    }
    if (is_address(m->name)) {
        log_line(LOG_LEVEL_INFO,
                 "Nasty PTR record \"%.255s\" is set up for %s, ignoring",
                 m->name, ip);
        finish(p);
        return;
    }
    snprintf(p->name, sizeof(p->name), "%s", m->name);
    fold(p->name);
    uvlink_send(p->link, MSG_RESOLVE, &resolve, -1);
}

static bool
leads_back(const struct msg_addresses *list, const struct address *to)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct address address;

        if (msg_address_get(&list->list[i], &address) == 0 &&
            address.family == to->family &&
            memcmp(address.bytes, to->bytes, sizeof(to->bytes)) == 0) {
            return true;
        }
    }
    return false;
}

static void
on_resolved(struct peer_name *p, const struct msg_resolved *m)
{
    struct peer *peer = &p->c->peer;

    if (m->addresses.count == 0) {
        log_line(LOG_LEVEL_INFO,
                 "reverse mapping checking getaddrinfo for %.700s [%s] failed.",
                 p->name, peer->ip);
    } else if (!leads_back(&m->addresses, &peer->address)) {
        log_line(LOG_LEVEL_INFO,
                 "Address %s maps to %.600s, but this does not map back to "
                 "the address.",
                 peer->ip, p->name);
    } else {
        snprintf(peer->host, sizeof(peer->host), "%s", p->name);
    }
    finish(p);
}

static void
on_message(void *arg, struct frame *f)
{
    struct peer_name *p = arg;
    union {
        struct msg_named named;
        struct msg_resolved resolved;
    } m;
    bool asked = p->name[0] != '\0';

    if (f->type != (asked ? MSG_RESOLVED : MSG_NAMED) ||
        frame_decode(f, &m) < 0) {
        log_line(LOG_LEVEL_ERROR, "unexpected answer about the client's name");
        finish(p);
    } else if (f->type == MSG_NAMED) {
        on_named(p, &m.named);
    } else {
        on_resolved(p, &m.resolved);
    }
}

static void
on_end(void *arg, int why)
{
    log_line(LOG_LEVEL_ERROR, "looking up the client's name: %s",
             why == -EPIPE ? "the dialer ended" : strerror(-why));
    finish(arg);
}

static void
on_timer(uv_timer_t *timer)
{
    struct peer_name *p = timer->data;

    log_line(LOG_LEVEL_INFO, "looking up the name of %s takes too long",
             p->c->peer.ip);
    finish(p);
}

/* The dialer keeps the groups that it inherits; our root does not need any. */
static int
spawn_on(struct peer_name *p, int fd)
{
    struct account account;
    const char *const argv[] = {account.uid, account.gid, NULL};
    const struct spawn spawn = {
        .name = "portcullis-dialer",
        .argv = geteuid() == 0 ? argv : NULL,
        .fds = {fd},
        .fd_count = 1,
        .die_with_parent = 1,
    };

    if (geteuid() == 0) {
        int r = account_find(&account);

        if (r < 0) {
            return r;
        }
        if (setgroups(1, &account.group) < 0) {
            return -errno;
        }
    }
    return children_start(&p->c->children, &spawn, &p->pid);
}

static int
start_on(struct peer_name *p)
{
    int pair[2] = {-1, -1};
    int r = uv_timer_init(&p->c->loop, &p->timer);

    p->timer.data = p;
    if (r == 0) {
        r = link_pair(pair, 1);
    }
    if (r == 0) {
        r = uvlink_new(&p->c->loop, pair[0], ROUTE_DIALER_TO_MONITOR,
                       on_message, on_end, p, &p->link);
    }
    if (r == 0) {
        r = spawn_on(p, pair[1]);
    }
    fd_close(&pair[1]);
    return r;
}

int
peer_name_start(struct connection *c, peer_name_fn *done, void *arg)
{
    struct peer_name *p = calloc(1, sizeof(*p));
    struct msg_name_of m = {.address = {.count = 1}};
    int r = 0;

    if (p == NULL) {
        return -ENOMEM;
    }
    c->peer_name = p;
    p->c = c;
    p->done = done;
    p->arg = arg;
    r = start_on(p);
    if (r < 0) {
        peer_name_close(p);
        return r;
    }
    m.address.list[0] = msg_address_of(&c->peer.address);
    uv_timer_start(&p->timer, on_timer, PEER_NAME_MS, 0);
    return uvlink_send(p->link, MSG_NAME_OF, &m, -1);
}

void
peer_name_free(struct peer_name *p)
{
    free(p);
}
