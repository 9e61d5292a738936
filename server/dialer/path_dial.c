#include "server/dialer/path_dial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/dialer/path.h"
#include "server/limits.h"

/* A full queue that is waited for; freed when its timer is closed. */
struct path_wait {
    struct path_wait *next;
    struct path_dial *owner;
    uv_timer_t timer;
    uint32_t id;
    unsigned tries;
    char *path; /* owned */
};

static void
report(struct path_dial *d, uint32_t id, int error, int fd)
{
    const struct msg_connected m = {.id = id, .error = error};

    d->report(d->arg, &m, fd);
}

static void
on_closed(uv_handle_t *handle)
{
    struct path_wait *w = handle->data;

    free(w->path);
    free(w);
}

static void
end_wait(struct path_wait *w)
{
    struct path_wait **p = &w->owner->waits;

    while (*p != w) {
        p = &(*p)->next;
    }
    *p = w->next;
    w->owner->count--;
    uv_close((uv_handle_t *)&w->timer, on_closed);
}

static void
on_time(uv_timer_t *timer)
{
    struct path_wait *w = timer->data;
    struct path_dial *d = w->owner;
    uint32_t id = w->id;
    int fd = -1;
    int r = path_connect(w->path, &fd);

    if (r == -EAGAIN && ++w->tries < LIMIT_PATH_TRIES) {
        uv_timer_start(timer, on_time, PATH_RETRY_MS << w->tries, 0);
        return;
    }
    end_wait(w);
    report(d, id, r, fd);
}

static int
wait_for_room(struct path_dial *d, const struct msg_dial_path *m)
{
    struct path_wait *w = NULL;

    if (d->count >= LIMIT_DIALS) {
        return -EAGAIN;
    }
    w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return -ENOMEM;
    }
    w->path = strdup(m->path);
    if (w->path == NULL) {
        free(w);
        return -ENOMEM;
    }
    w->owner = d;
    w->id = m->id;
    w->timer.data = w;
    uv_timer_init(d->loop, &w->timer);
    uv_timer_start(&w->timer, on_time, PATH_RETRY_MS, 0);
    w->next = d->waits;
    d->waits = w;
    d->count++;
    return 0;
}

void
path_dial_init(struct path_dial *d, uv_loop_t *loop, connect_report_fn *fn,
               void *arg)
{
    *d = (struct path_dial){.loop = loop, .report = fn, .arg = arg};
}

void
path_dial_start(struct path_dial *d, const struct msg_dial_path *m)
{
    int fd = -1;
    int r = path_connect(m->path, &fd);

    if (r == -EAGAIN) {
        r = wait_for_room(d, m);
        if (r == 0) {
            return;
        }
    }
    report(d, m->id, r, fd);
}

void
path_dial_cancel(struct path_dial *d, uint32_t id)
{
    struct path_wait *next = NULL;

    for (struct path_wait *w = d->waits; w != NULL; w = next) {
        next = w->next;
        if (w->id == id) {
            end_wait(w);
        }
    }
}

void
path_dial_done(struct path_dial *d)
{
    while (d->waits != NULL) {
        end_wait(d->waits);
    }
}
