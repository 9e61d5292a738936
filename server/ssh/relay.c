/*
 * The data path.  Client to target: libssh's callback sends straight from its
 * buffer; what the socket does not take stays there, and later moves to a
 * spill of ours in one piece (partial reads would grant the client a new
 * window each).  Target to client: read no more than the channel's window;
 * what a key exchange does not let through is the tail.
 */
#include "server/ssh/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/ssh/limits.h"

/*
 * Invariants: paused exactly when on the transport's paused list, and then
 * the socket is not polled for input; tail is what target sent and libssh did
 * not take; spill and held are what the client sent and target did not take,
 * spill first; after channel_closed and close_sent it waits for relay_bury().
 */
struct relay {
    struct relay *next, **link; /* of all relays */
    struct relay *next_paused;
    struct transport *t;
    uint32_t id;
    uint32_t local_channel; /* while offered */
    ssh_channel channel;
    struct ssh_channel_callbacks_struct callbacks;
    uv_poll_t poll;
    int fd; /* -1 once both directions are done */
    int armed;
    bool offered; /* the client has not answered our open yet */
    bool paused;
    bool target_eof;
    bool eof_sent;
    bool client_eof;
    bool channel_closed; /* by the client */
    bool write_shut;     /* target got our end of file, or is dead */
    bool close_sent;
    bool reported;
    bool handle_closed;
    uint8_t *tail, *spill;
    size_t tail_size, tail_done;
    size_t spill_size, spill_done;
    size_t held; /* bytes inside libssh */
    uint64_t up, down;
};

static void on_ready(uv_poll_t *poll, int status, int events);

static bool
has_upstream(const struct relay *r)
{
    return r->held > 0 || r->spill != NULL;
}

/* Poll for what can be used now: no busy loop on an end of file. */
static void
rearm(struct relay *r)
{
    int events = 0;

    if (r->fd < 0) {
        return;
    }
    if (!r->paused && !r->target_eof && !r->offered && !r->close_sent) {
        events |= UV_READABLE;
    }
    if (has_upstream(r) && !r->write_shut) {
        events |= UV_WRITABLE;
    }
    if (events == r->armed) {
        return;
    }
    r->armed = events;
    if (events == 0) {
        uv_poll_stop(&r->poll);
    } else {
        uv_poll_start(&r->poll, events, on_ready);
    }
}

static void
pause_reading(struct relay *r)
{
    if (!r->paused) {
        r->paused = true;
        r->next_paused = r->t->paused;
        r->t->paused = r;
    }
}

static void
on_handle_closed(uv_handle_t *handle)
{
    struct relay *r = handle->data;

    r->handle_closed = true;
    transport_stir(r->t);
}

static void
close_socket(struct relay *r)
{
    if (r->fd >= 0) {
        uv_poll_stop(&r->poll);
        uv_close((uv_handle_t *)&r->poll, on_handle_closed);
        fd_close(&r->fd);
        r->t->ended++;
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

static void
drop_upstream(struct relay *r)
{
    free(r->spill);
    r->spill = NULL;
    r->spill_size = r->spill_done = 0;
    r->held = 0;
}

static void
drop_tail(struct relay *r)
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
    transport_stir(r->t);
}

/* See what can be ended now that something moved. */
static void
advance(struct relay *r)
{
    if (r->offered) {
        return;
    }
    if (r->target_eof && r->tail == NULL && !r->eof_sent &&
        !r->channel_closed && !r->close_sent) {
        r->eof_sent = true;
        ssh_channel_send_eof(r->channel);
        transport_stir(r->t);
    }
    if ((r->client_eof || r->channel_closed) && !has_upstream(r) &&
        !r->write_shut) {
        r->write_shut = true;
        shutdown(r->fd, SHUT_WR);
    }
    if (r->write_shut && (r->eof_sent || r->channel_closed)) {
        close_socket(r);
        drop_tail(r);
        drop_upstream(r);
        send_close(r);
        report(r);
        return;
    }
    rearm(r);
}

/* The target is gone for good: nothing can be delivered any more. */
static void
target_failed(struct relay *r)
{
    drop_upstream(r);
    r->write_shut = true;
    r->target_eof = true;
    advance(r);
}

static void
free_spill(struct relay *r)
{
    if (r->spill_done == r->spill_size) {
        free(r->spill);
        r->spill = NULL;
        r->spill_size = r->spill_done = 0;
    }
}

/* Take everything that libssh holds for this channel, in one read. */
static bool
refill_spill(struct relay *r)
{
    uint8_t *spill = malloc(r->held);
    int n;

    if (spill == NULL) {
        return false;
    }
    n = ssh_channel_read_timeout(r->channel, spill, (uint32_t)r->held, 0, 0);
    transport_stir(r->t);
    if (n <= 0) {
        free(spill);
        return false;
    }
    r->held -= (size_t)n;
    r->spill = spill;
    r->spill_size = (size_t)n;
    r->spill_done = 0;
    return true;
}

static void
write_target(struct relay *r)
{
    while (has_upstream(r) && !r->write_shut) {
        ssize_t n;

        if (r->spill == NULL && !refill_spill(r)) {
            target_failed(r);
            return;
        }
        n = send(r->fd, r->spill + r->spill_done, r->spill_size - r->spill_done,
                 MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        if (n < 0) {
            target_failed(r);
            return;
        }
        r->up += (uint64_t)n;
        r->spill_done += (size_t)n;
        free_spill(r);
    }
    advance(r);
}

/* Give libssh bytes for the client; what it did not take is the caller's. */
static size_t
write_client(struct relay *r, const uint8_t *data, size_t size)
{
    uint32_t window = ssh_channel_window_size(r->channel);
    int n;

    if (window == 0 || r->channel_closed) {
        return 0;
    }
    n = ssh_channel_write(r->channel, data,
                          (uint32_t)(size < window ? size : window));
    transport_stir(r->t);
    return n < 0 ? 0 : (size_t)n;
}

static void
keep_tail(struct relay *r, const uint8_t *data, size_t size)
{
    r->tail = malloc(size);
    if (r->tail == NULL) {
        target_failed(r);
        return;
    }
    memcpy(r->tail, data, size);
    r->tail_size = size;
    r->tail_done = 0;
}

static bool
may_read(struct relay *r)
{
    return r->tail == NULL && !transport_is_congested(r->t) &&
           ssh_channel_window_size(r->channel) > 0;
}

static void
read_target(struct relay *r)
{
    static uint8_t chunk[LIMIT_CHUNK];
    uint32_t window = ssh_channel_window_size(r->channel);
    size_t most = window < sizeof(chunk) ? window : sizeof(chunk);
    size_t done;
    ssize_t n;

    if (!may_read(r)) {
        pause_reading(r);
        rearm(r);
        return;
    }
    n = recv(r->fd, chunk, most, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n < 0) {
        target_failed(r);
        return;
    }
    if (n == 0) {
        r->target_eof = true;
        advance(r);
        return;
    }
    r->down += (uint64_t)n;
    done = write_client(r, chunk, (size_t)n);
    if (done < (size_t)n) {
        keep_tail(r, chunk + done, (size_t)n - done);
        pause_reading(r);
    }
    rearm(r);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
    struct relay *r = poll->data;

    if (status < 0) {
        r->armed = 0; /* libuv stopped: find out why by reading */
        events = UV_READABLE;
    }
    if ((events & UV_WRITABLE) != 0) {
        write_target(r);
    }
    if ((events & UV_READABLE) != 0 && r->fd >= 0 && !r->target_eof) {
        read_target(r);
    }
    if (r->armed == 0) {
        rearm(r);
    }
}

/* Called by libssh: data is everything it holds; return what was consumed. */
static int
on_data(ssh_session session, ssh_channel channel, void *data, uint32_t size,
        int is_stderr, void *arg)
{
    struct relay *r = arg;
    ssize_t n = 0;

    (void)session;
    (void)channel;
    if (is_stderr || r->write_shut || r->close_sent) {
        return (int)size;
    }
    if (size > LIMIT_CHANNEL_BYTES) {
        r->t->hostile = "channel window ignored";
        return (int)size;
    }
    if (!has_upstream(r)) {
        n = send(r->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            r->held = size; /* write_target() finds the error again */
            n = 0;
        }
        n = n < 0 ? 0 : n;
        r->up += (uint64_t)n;
    }
    r->held = size - (size_t)n;
    rearm(r);
    return (int)n;
}

static void
on_eof(ssh_session session, ssh_channel channel, void *arg)
{
    struct relay *r = arg;

    (void)session;
    (void)channel;
    r->client_eof = true;
    pause_reading(r); /* relay_resume() looks at it outside of libssh */
    transport_stir(r->t);
}

static void
on_close(ssh_session session, ssh_channel channel, void *arg)
{
    struct relay *r = arg;

    (void)session;
    (void)channel;
    r->channel_closed = true;
    pause_reading(r);
    transport_stir(r->t);
}

static struct relay *
create(struct transport *t, uint32_t id, ssh_channel channel, int fd)
{
    struct relay *r = calloc(1, sizeof(*r));

    if (r == NULL || uv_poll_init(t->prepare.loop, &r->poll, fd) < 0) {
        free(r);
        return NULL;
    }
    r->t = t;
    r->id = id;
    r->fd = fd;
    r->channel = channel;
    r->poll.data = r;
    r->callbacks.userdata = r;
    r->callbacks.channel_data_function = on_data;
    r->callbacks.channel_eof_function = on_eof;
    r->callbacks.channel_close_function = on_close;
    ssh_callbacks_init(&r->callbacks);
    ssh_add_channel_callbacks(channel, &r->callbacks);
    r->next = t->relays;
    r->link = &t->relays;
    if (r->next != NULL) {
        r->next->link = &r->next;
    }
    t->relays = r;
    t->live++;
    return r;
}

int
relay_start(struct transport *t, uint32_t id, ssh_channel channel, int fd)
{
    struct relay *r = create(t, id, channel, fd);

    if (r == NULL) {
        close(fd);
        t->hostile = "out of memory";
        return -ENOMEM;
    }
    rearm(r);
    return 0;
}

static int
call_open(struct relay *r, const struct msg_accepted *m)
{
    int rc;

    hooks_arm_open();
    rc = ssh_channel_open_reverse_forward(r->channel, m->host, (int)m->port,
                                          m->originator,
                                          (int)m->originator_port);
    if (!hooks_disarm_open(&r->local_channel) || rc == SSH_ERROR) {
        return -EIO;
    }
    return 0;
}

int
relay_offer(struct transport *t, const struct msg_accepted *m, int fd)
{
    ssh_channel channel = ssh_channel_new(t->session);
    struct relay *r = NULL;

    if (channel != NULL) {
        r = create(t, m->id, channel, fd);
    }
    if (r == NULL) {
        close(fd);
        return -ENOMEM;
    }
    r->offered = true;
    if (call_open(r, m) < 0) {
        r->channel_closed = r->close_sent = true;
        close_socket(r);
        return -EIO;
    }
    return 0;
}

static struct relay *
find_offered(struct transport *t, uint32_t local_channel)
{
    for (struct relay *r = t->relays; r != NULL; r = r->next) {
        if (r->offered && r->local_channel == local_channel) {
            return r;
        }
    }
    return NULL;
}

void
relay_answered(struct transport *t, const struct event *e)
{
    struct wire w = wire_over(e->bytes, e->size);
    struct relay *r = find_offered(t, wire_u32(&w));
    struct msg_refused no = {.id = 0};
    const struct msg_id yes = {.id = r == NULL ? 0 : r->id};
    struct wire_bytes text;
    char words[128] = "";

    if (r == NULL) {
        return;
    }
    if (e->hook == HOOK_OPEN_CONFIRMED) {
        r->offered = false;
        transport_tell(t, MSG_ACCEPT_OPENED, &yes);
        advance(r);
        return;
    }
    no.id = r->id;
    no.reason = wire_u32(&w);
    text = wire_string(&w);
    if (!w.bad && text.size < sizeof(words) &&
        memchr(text.data, '\0', text.size) == NULL) {
        memcpy(words, text.data, text.size);
    }
    no.text = words;
    transport_tell(t, MSG_ACCEPT_REFUSED, &no);
    r->channel_closed = r->close_sent = true;
    close_socket(r);
}

/* Bytes that a key exchange held up. False: still held up. */
static bool
retry_tail(struct relay *r)
{
    if (r->tail == NULL) {
        return true;
    }
    r->tail_done += write_client(r, r->tail + r->tail_done,
                                 r->tail_size - r->tail_done);
    if (r->tail_done < r->tail_size && !r->channel_closed) {
        return false;
    }
    drop_tail(r);
    return true;
}

void
relay_resume(struct transport *t)
{
    struct relay *r = t->paused;

    t->paused = NULL;
    while (r != NULL) {
        struct relay *next = r->next_paused;

        r->paused = false;
        r->next_paused = NULL;
        if (!retry_tail(r) ||
            (!r->target_eof && !r->close_sent && !may_read(r))) {
            pause_reading(r);
        }
        advance(r);
        r = next;
    }
}

void
relay_bury(struct transport *t)
{
    struct relay *next = NULL;

    for (struct relay *r = t->ended > 0 ? t->relays : NULL; r != NULL;
         r = next) {
        next = r->next;
        if (!r->close_sent || !r->channel_closed || !r->handle_closed ||
            r->paused) {
            continue;
        }
        ssh_remove_channel_callbacks(r->channel, &r->callbacks);
        ssh_channel_free(r->channel);
        drop_tail(r);
        drop_upstream(r);
        *r->link = r->next;
        if (r->next != NULL) {
            r->next->link = r->link;
        }
        t->live--;
        t->ended--;
        free(r);
    }
}
