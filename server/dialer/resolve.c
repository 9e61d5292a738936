#include "server/dialer/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/shortage.h"
#include "server/ipc/sockaddr.h"
#include "server/limits.h"

/*
 * A thread a name, made when it is needed.  Not uv_getaddrinfo(): libuv's
 * pool starts all its threads at the first name, gives lookups only half of
 * them, and aborts the process when the user's process limit (pam_limits)
 * does not allow that many.
 */

/*
 * One name.  Invariants: it is in owner->running until it was joined;
 * cancelled belongs to the loop's thread; list and the status words are
 * written by the lookup's thread and read after it was joined.
 */
struct lookup {
    struct lookup *next;     /* of owner->running */
    struct lookup *finished; /* next of owner->finished */
    struct resolve *owner;
    uv_thread_t thread;
    uint32_t id;
    bool cancelled;
    enum address_family family;
    struct addrinfo hints;
    char *host; /* NULL: the wildcard */
    struct addrinfo *list;
    int status; /* of getaddrinfo() */
    int system_error;
};

struct resolve {
    uv_async_t async;
    uv_mutex_t mutex;        /* over finished */
    struct lookup *finished; /* threads that have an answer */
    struct lookup *running;
    size_t count; /* of running */
    bool freeing;
    resolve_report_fn *report;
    void *arg;
};

static void
report_error(struct resolve *r, uint32_t id, int lack, const char *words)
{
    const struct msg_resolved m = {.id = id, .lack = lack, .error = words};

    r->report(r->arg, &m);
}

static const char *
words_of(int status, int system_error)
{
    return status == EAI_SYSTEM ? strerror(system_error) : gai_strerror(status);
}

/* As lack in struct msg_resolved. */
static int
lack_of(int status, int system_error)
{
    if (status == EAI_MEMORY) {
        return -ENOMEM;
    }
    return status == EAI_SYSTEM && shortage_is(-system_error) ? -system_error
                                                              : 0;
}

static bool
is_listed(const struct msg_addresses *list, const struct msg_address *a)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (memcmp(list->list[i].bytes, a->bytes, sizeof(a->bytes)) == 0 &&
            list->list[i].family == a->family &&
            list->list[i].scope == a->scope) {
            return true;
        }
    }
    return false;
}

/*
 * In getaddrinfo's order, each once.  An address that was v4-mapped may not
 * be of the family that was asked for.
 */
static void
collect(const struct addrinfo *list, enum address_family family,
        struct msg_addresses *ret)
{
    for (const struct addrinfo *ai = list;
         ai != NULL && ret->count < LIMIT_ADDRESSES; ai = ai->ai_next) {
        struct address address;
        struct msg_address m;
        uint16_t port;

        if (sockaddr_read(ai->ai_addr, &address, &port) < 0 ||
            (family != ADDRESS_NONE && address.family != family)) {
            continue;
        }
        m = msg_address_of(&address);
        if (!is_listed(ret, &m)) {
            ret->list[ret->count++] = m;
        }
    }
}

static void
report_addresses(struct resolve *r, uint32_t id, enum address_family family,
                 const struct addrinfo *list)
{
    struct msg_resolved m = {.id = id, .error = ""};

    collect(list, family, &m.addresses);
    if (m.addresses.count == 0) {
        m.error = gai_strerror(EAI_ADDRFAMILY);
    }
    r->report(r->arg, &m);
}

static void
lookup_free(struct lookup *l)
{
    if (l == NULL) {
        return;
    }
    if (l->list != NULL) {
        freeaddrinfo(l->list);
    }
    free(l->host);
    free(l);
}

static void
on_freed(uv_handle_t *handle)
{
    struct resolve *r = handle->data;

    uv_mutex_destroy(&r->mutex);
    free(r);
}

static void
lookup_run(void *arg)
{
    struct lookup *l = arg;
    struct resolve *r = l->owner;

    l->status = getaddrinfo(l->host, "0", &l->hints, &l->list);
    l->system_error = errno;
    uv_mutex_lock(&r->mutex);
    l->finished = r->finished;
    r->finished = l;
    uv_mutex_unlock(&r->mutex);
    uv_async_send(&r->async);
}

static void
unlink_running(struct resolve *r, const struct lookup *l)
{
    struct lookup **p = &r->running;

    while (*p != l) {
        p = &(*p)->next;
    }
    *p = l->next;
    r->count--;
}

/* Its thread has nothing left to do but return. */
static void
finish(struct resolve *r, struct lookup *l)
{
    uv_thread_join(&l->thread);
    unlink_running(r, l);
    if (!l->cancelled && l->status != 0) {
        report_error(r, l->id, lack_of(l->status, l->system_error),
                     words_of(l->status, l->system_error));
    } else if (!l->cancelled) {
        report_addresses(r, l->id, l->family, l->list);
    }
    lookup_free(l);
}

static void
on_finished(uv_async_t *async)
{
    struct resolve *r = async->data;
    struct lookup *l = NULL;

    uv_mutex_lock(&r->mutex);
    l = r->finished;
    r->finished = NULL;
    uv_mutex_unlock(&r->mutex);
    while (l != NULL) {
        struct lookup *next = l->finished;

        finish(r, l);
        l = next;
    }
    if (r->freeing && r->count == 0 && !uv_is_closing((uv_handle_t *)async)) {
        uv_close((uv_handle_t *)async, on_freed);
    }
}

static struct addrinfo
hints_of(const struct msg_resolve *m)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV | (m->passive ? AI_PASSIVE : 0),
    };

    if (m->family == ADDRESS_V4) {
        hints.ai_family = AF_INET;
    } else if (m->family == ADDRESS_V6) {
        hints.ai_family = AF_INET6;
    }
    return hints;
}

/*
 * Numbers in any spelling, without asking anybody.  False when the host is a
 * name; then nothing was reported.
 */
static bool
resolve_number(struct resolve *r, const struct msg_resolve *m)
{
    struct addrinfo hints = hints_of(m);
    struct addrinfo *list = NULL;
    int status;

    hints.ai_flags |= AI_NUMERICHOST;
    status = getaddrinfo(m->host, "0", &hints, &list);
    if (status == EAI_NONAME && m->host[0] != '\0') {
        return false;
    }
    if (status != 0) {
        int error = errno;

        report_error(r, m->id, lack_of(status, error), words_of(status, error));
        return true;
    }
    report_addresses(r, m->id, m->family, list);
    freeaddrinfo(list);
    return true;
}

static struct lookup *
lookup_new(struct resolve *r, const struct msg_resolve *m)
{
    struct lookup *l = calloc(1, sizeof(*l));

    if (l == NULL) {
        return NULL;
    }
    l->owner = r;
    l->id = m->id;
    l->family = m->family;
    l->hints = hints_of(m);
    if (m->host[0] != '\0') {
        l->host = strdup(m->host);
        if (l->host == NULL) {
            free(l);
            return NULL;
        }
    }
    return l;
}

static int
resolve_name(struct resolve *r, const struct msg_resolve *m)
{
    const uv_thread_options_t options = {
        .flags = UV_THREAD_HAS_STACK_SIZE,
        .stack_size = LOOKUP_STACK_SIZE,
    };
    struct lookup *l = NULL;
    int status;

    if (r->count >= LIMIT_LOOKUPS) {
        return -EAGAIN;
    }
    l = lookup_new(r, m);
    if (l == NULL) {
        return -ENOMEM;
    }
    status = uv_thread_create_ex(&l->thread, &options, lookup_run, l);
    if (status < 0) {
        lookup_free(l);
        return status;
    }
    l->next = r->running;
    r->running = l;
    r->count++;
    return 0;
}

void
resolve_start(struct resolve *r, const struct msg_resolve *m)
{
    bool is_wildcard = m->passive && m->host[0] == '\0';
    int status = 0;

    if (!is_wildcard && resolve_number(r, m)) {
        return;
    }
    status = resolve_name(r, m);
    if (status < 0) {
        report_error(r, m->id, status, strerror(-status));
    }
}

void
resolve_cancel(struct resolve *r, uint32_t id)
{
    for (struct lookup *l = r->running; l != NULL; l = l->next) {
        if (l->id == id) {
            l->cancelled = true;
        }
    }
}

int
resolve_new(uv_loop_t *loop, resolve_report_fn *report, void *arg,
            struct resolve **ret)
{
    struct resolve *r = calloc(1, sizeof(*r));
    int status;

    if (r == NULL) {
        return -ENOMEM;
    }
    status = uv_mutex_init(&r->mutex);
    if (status < 0) {
        free(r);
        return status;
    }
    status = uv_async_init(loop, &r->async, on_finished);
    if (status < 0) {
        uv_mutex_destroy(&r->mutex);
        free(r);
        return status;
    }
    r->async.data = r;
    r->report = report;
    r->arg = arg;
    *ret = r;
    return 0;
}

void
resolve_free(struct resolve *r)
{
    if (r == NULL) {
        return;
    }
    for (struct lookup *l = r->running; l != NULL; l = l->next) {
        l->cancelled = true;
    }
    r->freeing = true;
    uv_async_send(&r->async);
}
