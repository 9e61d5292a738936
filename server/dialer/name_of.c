#include "server/dialer/name_of.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "server/ipc/sockaddr.h"
#include "server/limits.h"

/*
 * From an address to a name, in a thread: for UseDNS, once a connection.
 * Invariant: while busy, the members below it are the thread's.
 */
struct name_of {
    uv_async_t async;
    bool freeing;
    name_of_report_fn *report;
    void *arg;
    uint32_t id;
    bool busy;
    uv_thread_t thread;
    struct sockaddr_storage address;
    socklen_t size;
    int status; /* of getnameinfo() */
    char name[NI_MAXHOST];
};

static void
answer(struct name_of *n, uint32_t id, const char *name)
{
    const struct msg_named m = {.id = id, .name = name};

    n->report(n->arg, &m);
}

static void
lookup_run(void *arg)
{
    struct name_of *n = arg;

    n->status = getnameinfo((const struct sockaddr *)&n->address, n->size,
                            n->name, sizeof(n->name), NULL, 0, NI_NAMEREQD);
    uv_async_send(&n->async);
}

static void
on_freed(uv_handle_t *handle)
{
    free(handle->data);
}

static void
on_finished(uv_async_t *async)
{
    struct name_of *n = async->data;

    if (n->busy) {
        uv_thread_join(&n->thread);
        n->busy = false;
        if (!n->freeing) {
            answer(n, n->id, n->status == 0 ? n->name : "");
        }
    }
    if (n->freeing && !uv_is_closing((uv_handle_t *)async)) {
        uv_close((uv_handle_t *)async, on_freed);
    }
}

static int
lookup_start(struct name_of *n, const struct msg_name_of *m)
{
    const uv_thread_options_t options = {
        .flags = UV_THREAD_HAS_STACK_SIZE,
        .stack_size = LOOKUP_STACK_SIZE,
    };
    struct address address;
    int r = 0;

    if (n->busy || m->address.count != 1) {
        return -EBUSY;
    }
    r = msg_address_get(&m->address.list[0], &address);
    if (r < 0) {
        return r;
    }
    n->id = m->id;
    n->size = sockaddr_write(&address, 0, &n->address);
    r = uv_thread_create_ex(&n->thread, &options, lookup_run, n);
    n->busy = r == 0;
    return r;
}

void
name_of_start(struct name_of *n, const struct msg_name_of *m)
{
    if (lookup_start(n, m) < 0) {
        answer(n, m->id, "");
    }
}

int
name_of_new(uv_loop_t *loop, name_of_report_fn *report, void *arg,
            struct name_of **ret)
{
    struct name_of *n = calloc(1, sizeof(*n));
    int r = n == NULL ? -ENOMEM : uv_async_init(loop, &n->async, on_finished);

    if (r < 0) {
        free(n);
        return r;
    }
    n->async.data = n;
    n->report = report;
    n->arg = arg;
    *ret = n;
    return 0;
}

void
name_of_free(struct name_of *n)
{
    if (n == NULL) {
        return;
    }
    n->freeing = true;
    uv_async_send(&n->async);
}
