#include "server/listener/sockets.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/ipc/sockaddr.h"
#include "server/limits.h"

void
socket_address_format(const struct socket_address *a, char out[SOCKET_HOST_MAX])
{
    int family = a->storage.ss_family;

    if ((family != AF_INET && family != AF_INET6) ||
        getnameinfo((const struct sockaddr *)&a->storage, a->size, out,
                    SOCKET_HOST_MAX, NULL, 0, NI_NUMERICHOST) != 0) {
        snprintf(out, SOCKET_HOST_MAX, "UNKNOWN");
    }
}

static struct sockaddr_in
as_v4(const struct socket_address *a)
{
    struct sockaddr_in v4;

    memcpy(&v4, &a->storage, sizeof(v4));
    return v4;
}

static struct sockaddr_in6
as_v6(const struct socket_address *a)
{
    struct sockaddr_in6 v6;

    memcpy(&v6, &a->storage, sizeof(v6));
    return v6;
}

struct address
socket_address_of(const struct socket_address *a)
{
    struct address address = {0};
    uint16_t port = 0;

    (void)sockaddr_read((const struct sockaddr *)&a->storage, &address, &port);
    return address;
}

unsigned
socket_address_port(const struct socket_address *a)
{
    switch (a->storage.ss_family) {
    case AF_INET:
        return ntohs(as_v4(a).sin_port);
    case AF_INET6:
        return ntohs(as_v6(a).sin6_port);
    default:
        return 0;
    }
}

bool
socket_address_equal(const struct socket_address *a,
                     const struct socket_address *b)
{
    struct sockaddr_in6 a6 = as_v6(a);
    struct sockaddr_in6 b6 = as_v6(b);

    if (a->storage.ss_family != b->storage.ss_family ||
        socket_address_port(a) != socket_address_port(b)) {
        return false;
    }
    if (a->storage.ss_family == AF_INET) {
        return as_v4(a).sin_addr.s_addr == as_v4(b).sin_addr.s_addr;
    }
    return memcmp(&a6.sin6_addr, &b6.sin6_addr, sizeof(a6.sin6_addr)) == 0 &&
           a6.sin6_scope_id == b6.sin6_scope_id;
}

bool
listen_plan_has(const struct listen_plan *plan, const struct socket_address *a)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (socket_address_equal(&plan->list[i], a)) {
            return true;
        }
    }
    return false;
}

bool
sockets_have(const struct sockets *s, const struct socket_address *a)
{
    for (size_t i = 0; i < s->count; i++) {
        if (socket_address_equal(&s->list[i].address, a)) {
            return true;
        }
    }
    return false;
}

static int
fail_at(const struct origin *from, struct diag *reterr)
{
    snprintf(reterr->file, sizeof(reterr->file), "%s", from->file);
    reterr->line = from->line;
    return -EINVAL;
}

static int
plan_add(struct listen_plan *plan, const struct addrinfo *ai,
         struct diag *reterr)
{
    struct socket_address a = {.size = ai->ai_addrlen};

    memcpy(&a.storage, ai->ai_addr, ai->ai_addrlen);
    if (listen_plan_has(plan, &a)) {
        return 0;
    }
    if (plan->count == LISTEN_SOCKET_MAX) {
        return diag_fail(reterr, -E2BIG, "more than %d addresses to listen on",
                         LISTEN_SOCKET_MAX);
    }
    plan->list[plan->count++] = a;
    return 0;
}

static int
plan_look_up(struct listen_plan *plan, const struct listen_item *item,
             uint16_t port, int family, struct diag *reterr)
{
    const struct addrinfo hints = {
        .ai_family = family,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *list = NULL;
    char service[8];
    int r = 0;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    r = getaddrinfo(item->host, service, &hints, &list);
    if (r != 0) {
        diag_fail(reterr, -EINVAL, "bad addr or host: %s (%s)",
                  item->host == NULL ? "<NULL>" : item->host, gai_strerror(r));
        return fail_at(&item->from, reterr);
    }
    for (const struct addrinfo *ai = list; r == 0 && ai != NULL;
         ai = ai->ai_next) {
        r = plan_add(plan, ai, reterr);
    }
    freeaddrinfo(list);
    return r;
}

int
listen_plan_make(const struct settings *s, struct listen_plan *ret,
                 struct diag *reterr)
{
    static const int families[] = {
        [FAMILY_ANY] = AF_UNSPEC,
        [FAMILY_INET] = AF_INET,
        [FAMILY_INET6] = AF_INET6,
    };
    int family = families[s->address_family.value];
    int r = 0;

    *ret = (struct listen_plan){0};
    *reterr = (struct diag){0};
    for (size_t i = 0; r == 0 && i < s->listen_address.count; i++) {
        const struct listen_item *item = &s->listen_address.list[i];
        size_t ports = item->port != 0 ? 1 : s->port.count;

        for (size_t j = 0; r == 0 && j < ports; j++) {
            r = plan_look_up(ret, item,
                             item->port != 0 ? item->port : s->port.list[j],
                             family, reterr);
        }
    }
    return r;
}

void
sockets_keep(struct sockets *s, const struct listen_plan *plan)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->count; i++) {
        struct listen_socket socket = s->list[i];

        if (listen_plan_has(plan, &socket.address)) {
            s->list[kept++] = socket;
        } else {
            fd_close(&socket.fd);
        }
    }
    s->count = kept;
}

static int
set_options(int fd, int family)
{
    static const int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0) {
        return -errno;
    }
    if (family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) {
        return -errno;
    }
    return 0;
}

/* A listening descriptor or -errno. */
static int
open_one(const struct socket_address *a)
{
    const struct sockaddr *address = (const struct sockaddr *)&a->storage;
    int fd = socket(a->storage.ss_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int r = 0;

    if (fd < 0) {
        return -errno;
    }
    r = set_options(fd, a->storage.ss_family);
    if (r == 0 && (bind(fd, address, a->size) < 0 ||
                   listen(fd, LIMIT_ACCEPT_QUEUE) < 0)) {
        r = -errno;
    }
    if (r < 0) {
        fd_close(&fd);
        return r;
    }
    return fd;
}

int
sockets_add(struct sockets *s, const struct socket_address *a)
{
    int fd = open_one(a);

    if (fd < 0) {
        return fd;
    }
    s->list[s->count++] = (struct listen_socket){fd, *a};
    return 0;
}

void
sockets_say_listening(const struct socket_address *a, const struct say *to)
{
    char host[SOCKET_HOST_MAX];

    socket_address_format(a, host);
    say(to, LOG_LEVEL_INFO, "Server listening on %s port %u.", host,
        socket_address_port(a));
}

void
sockets_say_failure(const struct socket_address *a, int r, const struct say *to)
{
    char host[SOCKET_HOST_MAX];

    socket_address_format(a, host);
    say(to, LOG_LEVEL_ERROR, "Bind to port %u on %s failed: %s.",
        socket_address_port(a), host, strerror(-r));
}

void
sockets_open(struct sockets *s, const struct listen_plan *plan,
             const struct say *to)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct socket_address *a = &plan->list[i];
        int r = 0;

        if (sockets_have(s, a)) {
            continue;
        }
        r = sockets_add(s, a);
        if (r < 0) {
            sockets_say_failure(a, r, to);
        } else {
            sockets_say_listening(a, to);
        }
    }
}

void
sockets_close(struct sockets *s)
{
    for (size_t i = 0; i < s->count; i++) {
        fd_close(&s->list[i].fd);
    }
    s->count = 0;
}
