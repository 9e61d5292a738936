#include "server/listener/rebind.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* Both at once, so that neither the new nor the old are lost half-way. */
struct move {
    struct sockets *sockets;
    const struct listen_plan *before, *next;
    struct listen_plan old; /* what was open */
};

/* Is it closed because this machine has no such family? */
static bool
is_without_family(const struct socket_address *a, int r)
{
    struct sockaddr_in6 v6;

    memcpy(&v6, &a->storage, sizeof(v6));
    return r == -EAFNOSUPPORT ||
           (r == -EADDRNOTAVAIL && a->storage.ss_family == AF_INET6 &&
            IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr));
}

static bool
may_stay_closed(const struct move *m, const struct socket_address *a, int r)
{
    return is_without_family(a, r) ||
           (listen_plan_has(m->before, a) && !listen_plan_has(&m->old, a));
}

/* Open what is not open yet.  0, or what went wrong with *ret. */
static int
open_new(const struct move *m, const struct socket_address **ret)
{
    for (size_t i = 0; i < m->next->count; i++) {
        const struct socket_address *a = &m->next->list[i];
        int r = sockets_have(m->sockets, a) ? 0 : sockets_add(m->sockets, a);

        if (r < 0 && !may_stay_closed(m, a, r)) {
            *ret = a;
            return r;
        }
    }
    return 0;
}

/* Old and new stand side by side in one list meanwhile. */
static bool
has_room(const struct move *m)
{
    size_t count = m->sockets->count;

    for (size_t i = 0; i < m->next->count; i++) {
        count += sockets_have(m->sockets, &m->next->list[i]) ? 0 : 1;
    }
    return count <= LISTEN_SOCKET_MAX;
}

static int
go_forward(const struct move *m, const struct socket_address **ret)
{
    int r = has_room(m) ? open_new(m, ret) : -EADDRINUSE;

    if (r == -EADDRINUSE) {
        sockets_keep(m->sockets, m->next); /* an old one may be in the way */
        r = open_new(m, ret);
    }
    return r;
}

static bool
has_any(const struct sockets *s, const struct listen_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (sockets_have(s, &plan->list[i])) {
            return true;
        }
    }
    return false;
}

static void
go_back(const struct move *m, const struct say *to)
{
    sockets_keep(m->sockets, &m->old);
    sockets_open(m->sockets, &m->old, to);
}

int
rebind(struct sockets *s, const struct listen_plan *before,
       const struct listen_plan *next, const struct say *to)
{
    struct move m = {.sockets = s, .before = before, .next = next};
    const struct socket_address *culprit = NULL;
    struct sockets were = *s;
    int r = 0;

    for (size_t i = 0; i < s->count; i++) {
        m.old.list[m.old.count++] = s->list[i].address;
    }
    r = go_forward(&m, &culprit);
    if (r < 0) {
        sockets_say_failure(culprit, r, to);
    } else if (!has_any(s, next)) {
        say(to, LOG_LEVEL_ERROR, "Cannot bind any address.");
        r = -EADDRNOTAVAIL;
    }
    if (r < 0) {
        go_back(&m, to);
        return r;
    }
    sockets_keep(s, next);
    for (size_t i = 0; i < s->count; i++) {
        if (!sockets_have(&were, &s->list[i].address)) {
            sockets_say_listening(&s->list[i].address, to);
        }
    }
    return 0;
}
