/* A forward from its open to its burial. */
#include "server/ssh/relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/ssh/relay_rate.h"
#include "server/ssh/relay_state.h"

#define VERBOSE 4 /* LOG_LEVEL_VERBOSE, which is policy's */

void
relay_rearm(struct relay *r)
{
    int events = 0;

    if (r->fd < 0) {
        return;
    }
    if (r->wait == WAIT_NOT && !r->target_eof && !r->offered &&
        !r->close_sent && !r->rate_down.is_waiting) {
        events |= UV_READABLE;
    }
    if (spill_size(&r->spill) > 0 && !r->write_shut && !r->rate_up.is_waiting) {
        events |= UV_WRITABLE;
    }
    relay_watch_for(r, events);
}

void
relay_close_socket(struct relay *r)
{
    if (r->fd >= 0) {
        relay_rate_leave(r);
        relay_watch_end(r);
        fd_close(&r->fd);
        r->next_ended = r->t->relays.ended;
        r->t->relays.ended = r;
    }
}

static void
report(struct relay *r)
{
    const struct msg_forward_closed m = {
        .id = r->id,
        .bytes_up = r->up,
        .bytes_down = r->down,
    };

    if (!r->reported && !r->offered) {
        transport_tell(r->t, MSG_FORWARD_CLOSED, &m);
    }
    r->reported = true;
}

void
relay_drop_tail(struct relay *r)
{
    free(r->tail);
    r->tail = NULL;
    r->tail_size = r->tail_done = 0;
}

/*
 * libssh queues CHANNEL_CLOSE only when its end-of-file went out in full:
 * the second call does it.
 */
static void
send_close(struct relay *r)
{
    if (r->close_sent) {
        return;
    }
    r->close_sent = true;
    if (ssh_channel_close(r->channel) == SSH_AGAIN) {
        ssh_channel_close(r->channel);
    }
}

void
relay_advance(struct relay *r)
{
    if (r->offered) {
        if (r->channel_closed) {
            relay_refuse_offer(r, 0, "closed before it was opened");
        }
        return;
    }
    if (r->target_eof && r->tail == NULL && !r->eof_sent &&
        !r->channel_closed && !r->close_sent) {
        r->eof_sent = true;
        ssh_channel_send_eof(r->channel);
    }
    if ((r->client_eof || r->channel_closed) && spill_size(&r->spill) == 0 &&
        !r->write_shut) {
        r->write_shut = true;
        shutdown(r->fd, SHUT_WR);
    }
    if (r->write_shut && (r->eof_sent || r->channel_closed)) {
        relay_close_socket(r);
        relay_drop_tail(r);
        spill_drop(&r->spill);
        send_close(r);
        report(r);
        return;
    }
    relay_rearm(r);
}

void
relay_upstream_failed(struct relay *r)
{
    spill_drop(&r->spill);
    r->write_shut = true;
    relay_mark_changed(r); /* the client may send on, for nobody */
    relay_advance(r);
}

void
relay_target_failed(struct relay *r)
{
    spill_drop(&r->spill);
    r->write_shut = true;
    r->target_eof = true;
    relay_advance(r);
}

/*
 * The socket has an error.  What the target said before is still there to be
 * read, now or when the client or the rate takes it; nothing can be written
 * any more, and to poll for that would only tell of the error again.
 */
static void
on_error(struct relay *r)
{
    char byte;

    if (r->target_eof || recv(r->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0) {
        relay_target_failed(r);
    } else if (relay_may_read(r)) {
        relay_read_target(r);
        if (r->rate_down.is_waiting) {
            relay_upstream_failed(r);
        } else {
            relay_rearm(r);
        }
    } else {
        relay_read_target(r); /* it waits */
        relay_upstream_failed(r);
    }
}

void
relay_ready(struct relay *r, int status, int events)
{
    if (status < 0) {
        on_error(r);
        return;
    }
    if ((events & UV_WRITABLE) != 0) {
        relay_write_target(r);
    }
    if ((events & UV_READABLE) != 0 && r->fd >= 0 && !r->target_eof) {
        relay_read_target(r);
    }
}

static void
on_eof(ssh_session session, ssh_channel channel, void *arg)
{
    struct relay *r = arg;

    (void)session;
    (void)channel;
    r->client_eof = true;
    relay_mark_changed(r); /* relay_resume() looks at it outside of libssh */
}

static void
on_close(ssh_session session, ssh_channel channel, void *arg)
{
    struct relay *r = arg;

    (void)session;
    (void)channel;
    r->channel_closed = true;
    relay_mark_changed(r);
}

struct relay *
relay_create(struct transport *t, uint32_t id, enum channel_kind kind,
             ssh_channel channel, int fd, uint32_t window)
{
    struct relay *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        return NULL;
    }
    r->t = t;
    r->fd = fd;
    if (relay_watch_begin(r) < 0) {
        free(r);
        return NULL;
    }
    r->id = id;
    r->kind = kind;
    r->moved_ms = uv_now(t->prepare.loop);
    window_init(&r->window, &t->relays.pool, window, r->moved_ms);
    r->channel = channel;
    r->callbacks.userdata = r;
    r->callbacks.channel_eof_function = on_eof;
    r->callbacks.channel_close_function = on_close;
    ssh_callbacks_init(&r->callbacks);
    ssh_add_channel_callbacks(channel, &r->callbacks);
    r->next = t->relays.all;
    r->link = &t->relays.all;
    if (r->next != NULL) {
        r->next->link = &r->next;
    }
    t->relays.all = r;
    t->live++;
    return r;
}

void
relay_opened(struct relay *r, uint32_t client_channel, uint32_t packet_size)
{
    r->client_channel = client_channel;
    r->packet = packet_size - 10; /* libssh's idea of a packet's head */
}

int
relay_start(struct transport *t, const struct open_request *o,
            ssh_channel channel, int fd)
{
    struct relay *r = relay_create(t, o->id, o->kind, channel, fd, o->window);

    if (r == NULL) {
        close(fd);
        t->hostile = "out of memory";
        return -ENOMEM;
    }
    relay_opened(r, o->sender, o->packet_size);
    relay_attach(r, o->local_channel);
    relay_rearm(r);
    return 0;
}

static void
expire(struct relay *r, uint64_t idle_ms)
{
    char text[96];
    const struct msg_log m = {.level = VERBOSE, .text = text};

    snprintf(text, sizeof(text), "forward %u closed after %llu idle seconds",
             r->id & ~MSG_ACCEPTED_BIT, (unsigned long long)(idle_ms / 1000));
    transport_tell(r->t, MSG_LOG, &m);
    relay_drop_tail(r);
    spill_drop(&r->spill);
    r->target_eof = r->write_shut = true;
    relay_advance(r);
}

void
relay_expire(struct transport *t, uint64_t now_ms)
{
    const struct terms *terms = &t->terms;
    uint64_t global_ms = terms->global_timeout_ms;
    bool all = global_ms != 0 && now_ms - t->moved_ms >= global_ms;

    for (struct relay *r = t->relays.all; r != NULL; r = r->next) {
        uint64_t limit = terms->idle_timeout_ms[r->kind];
        uint64_t idle = now_ms - r->moved_ms;

        if (r->fd >= 0 && !r->offered &&
            (all || (limit != 0 && idle >= limit))) {
            expire(r, idle);
        }
    }
}

void
relay_report(struct transport *t)
{
    for (struct relay *r = t->relays.all; r != NULL; r = r->next) {
        report(r);
    }
}

static void
bury(struct relay *r)
{
    struct transport *t = r->t;

    ssh_remove_channel_callbacks(r->channel, &r->callbacks);
    ssh_channel_free(r->channel);
    relay_drop_tail(r);
    spill_drop(&r->spill);
    window_done(&r->window, &t->relays.pool);
    relay_detach(r);
    *r->link = r->next;
    if (r->next != NULL) {
        r->next->link = r->link;
    }
    if (t->relays.speaker == r) {
        t->relays.speaker = NULL;
    }
    t->live--;
    free(r);
}

void
relay_bury(struct transport *t)
{
    struct relay **p = &t->relays.ended;

    while (*p != NULL) {
        struct relay *r = *p;

        if (r->close_sent && r->channel_closed && !r->changed &&
            r->wait != WAIT_CLIENT) {
            *p = r->next_ended;
            bury(r);
        } else {
            p = &r->next_ended;
        }
    }
}
