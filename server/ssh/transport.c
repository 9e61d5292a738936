/*
 * The life of one libssh session in queue mode under libuv: readiness,
 * reading with a budget, settling after every iteration, and the end.
 */
#include "server/ssh/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/limits.h"
#include "server/ssh/relay.h"
#include "server/ssh/relay_rate.h"
#include "server/ssh/state.h"
#include "server/ssh/terminal.h"

#define FAREWELL_MS 2000   /* for a disconnect message to leave */
#define PACKET_OVERHEAD 40 /* bytes of header, padding and MAC, about */
#define SEND_MAX 65536     /* one packet of ours */

/* Send what was held back: once in an iteration, and at the end. */
static void
send_held(struct transport *t)
{
    if (hooks_release_output()) {
        ssh_blocking_flush(t->session, 0);
    }
    hooks_hold_output();
}

void
transport_tell(struct transport *t, enum msg_type type, const void *body)
{
    if (!t->over) {
        t->owner.tell(t->owner.arg, type, body);
    }
}

static void
finish(struct transport *t, uint32_t code, const char *text)
{
    if (t->over) {
        return;
    }
    relay_report(t);
    send_held(t);
    t->over = true;
    uv_poll_stop(&t->poll);
    uv_prepare_stop(&t->prepare);
    uv_idle_stop(&t->again);
    uv_timer_stop(&t->farewell);
    watch_stop(t);
    relay_rate_stop(t);
    t->owner.gone(t->owner.arg, code, text);
}

void
transport_finish(struct transport *t, const char *text)
{
    finish(t, 0, text);
}

bool
transport_is_closed(const struct transport *t)
{
    return (ssh_get_status(t->session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0;
}

static bool
has_unsent(const struct transport *t)
{
    return hooks_unsent() > 0 &&
           (ssh_get_status(t->session) & SSH_WRITE_PENDING) != 0;
}

/* What libssh died of, in words for the log; "" when the client just left. */
static const char *
why_closed(struct transport *t)
{
    const char *identification = ssh_get_clientbanner(t->session);
    const char *error = ssh_get_error(t->session);

    if (!t->key_exchanged && identification != NULL &&
        strncmp(identification, "SSH-2.0-", 8) != 0 &&
        strncmp(identification, "SSH-1.99-", 9) != 0) {
        snprintf(t->gone_text, sizeof(t->gone_text),
                 "bad protocol version identification \"%.100s\"",
                 identification);
        return t->gone_text;
    }
    if (hooks_has_overgrown()) {
        return "compressed packets grow too much";
    }
    return strcmp(error, "Socket error: disconnected") == 0 ? "" : error;
}

/* In the client's words when it had any, or in ours. */
static void
finish_closed(struct transport *t)
{
    if (t->gone_code != 0 || t->leaving) {
        finish(t, t->gone_code, t->gone_text);
    } else {
        finish(t, 0, why_closed(t));
    }
}

int
transport_send(struct transport *t, const struct wire_out *packet)
{
    if (t->over || wire_out_size(packet) <= 0) {
        return -EIO;
    }
    hooks_arm_packet(packet->data, packet->used);
    ssh_send_ignore(t->session, "");
    return hooks_disarm_packet() ? 0 : -EIO;
}

static void
on_farewell(uv_timer_t *timer)
{
    struct transport *t = timer->data;

    finish(t, 0, t->gone_text); /* the client has not taken the message */
}

void
transport_disconnect(struct transport *t, uint32_t code, const char *text)
{
    uint8_t bytes[1024];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    if (t->over || t->leaving) {
        return;
    }
    wire_put_u8(&w, 1); /* SSH_MSG_DISCONNECT */
    wire_put_u32(&w, code);
    wire_put_text(&w, text);
    wire_put_text(&w, "");
    t->leaving = true;
    snprintf(t->gone_text, sizeof(t->gone_text), "%s", text);
    if (!t->key_exchanged || transport_send(t, &w) < 0) {
        finish(t, 0, t->gone_text);
        return;
    }
    uv_timer_start(&t->farewell, on_farewell, FAREWELL_MS, 0);
}

/*
 * Bytes that the client has not taken.  libssh does not tell: since its buffer
 * was last empty it is what was packed, with its overhead, less what the
 * socket took.
 */
static uint64_t
backlog(struct transport *t)
{
    uint64_t packed, sent;

    if (!has_unsent(t)) {
        t->base_raw = t->packets.out_bytes;
        t->base_raw_packets = t->packets.out_packets;
        t->base_socket = t->socket_bytes.out_bytes;
        return 0;
    }
    packed = t->packets.out_bytes - t->base_raw +
             PACKET_OVERHEAD * (t->packets.out_packets - t->base_raw_packets);
    sent = t->socket_bytes.out_bytes - t->base_socket;
    return packed > sent ? packed - sent : 0;
}

bool
transport_is_congested(struct transport *t)
{
    return backlog(t) > LIMIT_BACKLOG || hooks_held() > 0;
}

/*
 * Not while a login waits for its answer, not while too many requests do, and
 * not from a client that asks much and takes no reply.
 */
static bool
may_read(struct transport *t)
{
    return !t->over && !t->leaving && !t->auth_waiting && t->hostile == NULL &&
           t->requests.count < LIMIT_EVENTS_PAUSE &&
           t->requests.size < LIMIT_EVENTS_BYTES_PAUSE &&
           hooks_held() < LIMIT_HELD && backlog(t) < LIMIT_BACKLOG_HARD;
}

static void
on_again(uv_idle_t *idle)
{
    (void)idle; /* its only purpose is that the loop does not sleep */
}

/* One message of libssh's, which may read for it. */
static ssh_message
get_message(struct transport *t)
{
    ssh_message message = NULL;

    errno = 0; /* libssh quotes it, also when nothing failed */
    hooks_open_gate(true);
    message = ssh_message_get(t->session);
    hooks_open_gate(false);
    relay_flush();
    return message;
}

/*
 * Read and handle what the client sent, but not for ever: t->unread says that
 * there may be more, in the socket or in libssh's queue.
 */
static void
read_client(struct transport *t)
{
    const uint64_t first = t->socket_bytes.in_bytes;

    t->unread = true;
    for (int i = 0; i < LIMIT_READ_ROUNDS; i++) {
        uint64_t before = t->socket_bytes.in_bytes;
        ssh_message message = NULL;

        dispatch_events(t);
        if (!may_read(t) || before - first >= LIMIT_READ_BYTES) {
            return;
        }
        message = get_message(t);
        if (message != NULL) {
            dispatch_message(t, message);
        } else if (t->socket_bytes.in_bytes == before) {
            t->unread = false;
            return;
        }
    }
}

static void
exchange_keys(struct transport *t)
{
    int r = SSH_AGAIN;

    if (may_read(t)) {
        errno = 0;
        hooks_open_gate(true);
        r = ssh_handle_key_exchange(t->session);
        hooks_open_gate(false);
    } else {
        ssh_blocking_flush(t->session, 0);
    }
    if (r == SSH_AGAIN) {
        return;
    }
    if (r != SSH_OK) {
        finish_closed(t);
        return;
    }
    t->key_exchanged = true;
    t->unread = true;
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* Input while it may be read, output while there is some. */
static void
rearm(struct transport *t)
{
    int events = may_read(t) ? UV_READABLE : 0;

    if (has_unsent(t)) {
        events |= UV_WRITABLE;
    }
    if (events == t->armed) {
        return;
    }
    t->armed = events;
    if (events == 0) {
        uv_poll_stop(&t->poll);
    } else {
        uv_poll_start(&t->poll, events, on_ready);
    }
}

/* Is the connection to be ended?  Then do so. */
static bool
check_end(struct transport *t)
{
    if (t->over) {
        return true;
    }
    if (hooks_held() >= LIMIT_HELD && !t->leaving) {
        t->hostile = "too much waits for a key exchange";
    }
    if (t->hostile != NULL) {
        const char *why = t->hostile;

        t->hostile = NULL;
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR, why);
    }
    if (transport_is_closed(t)) {
        finish_closed(t);
    } else if (t->leaving && !has_unsent(t)) {
        finish(t, 0, t->gone_text); /* nothing more would wake us up */
    }
    return t->over;
}

/* Before the loop sleeps: do what became possible, and see what to wait for. */
static void
settle(struct transport *t)
{
    uv_idle_stop(&t->again);
    if (t->key_exchanged && !t->over) {
        if (t->unread) {
            read_client(t);
        }
        dispatch_events(t);
        relay_resume(t);
        terminal_resume(t);
        send_held(t);
    }
    if (check_end(t)) {
        return;
    }
    if (!t->unread) {
        relay_bury(t);
        terminal_bury(t);
    } else if (may_read(t)) {
        uv_idle_start(&t->again, on_again);
    }
    rearm(t);
}

static void
on_prepare(uv_prepare_t *prepare)
{
    settle(prepare->data);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
    struct transport *t = poll->data;

    if (t->over) {
        return;
    }
    if (status < 0) {
        t->armed = 0; /* libuv stopped watching; libssh will find out why */
    }
    if ((events & UV_WRITABLE) != 0) {
        hooks_release_output(); /* what did not fit waits for nothing else */
        ssh_blocking_flush(t->session, 0); /* the gate is shut: only sends */
    }
    if (status < 0 || (events & UV_READABLE) != 0) {
        hooks_expect_input(status >= 0);
    }
    if (!t->key_exchanged) {
        exchange_keys(t);
    } else {
        t->unread = true; /* settle() reads, once in an iteration */
    }
    check_end(t);
}

static void
set_socket_options(int fd)
{
    const int on = 1, unsent = LIMIT_UNSENT;

    /* Not a TCP socket in some tests: then this does not matter. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

static int
prepare_libssh(struct transport *t, const struct msg_setup *setup)
{
    int r;

    t->bind = ssh_bind_new();
    t->session = ssh_new();
    if (t->bind == NULL || t->session == NULL) {
        return -ENOMEM;
    }
    ssh_set_log_level(SSH_LOG_NOLOG);
    r = settings_apply_bind(t->bind, setup);
    if (r == 0) {
        r = settings_apply_session(t->session, setup);
    }
    if (r < 0) {
        return r;
    }
    if (ssh_bind_accept_fd(t->bind, t->session, t->fd) != SSH_OK) {
        return -EIO;
    }
    ssh_set_counters(t->session, &t->socket_bytes, &t->packets);
    hooks_count_held(&t->packets);
    return 0;
}

/* For the announcement after a login: setup does not live that long. */
static void
keep_host_keys(struct transport *t, const struct msg_setup *setup)
{
    const struct wire_bytes blobs[] = {setup->ed25519, setup->ecdsa,
                                       setup->rsa};

    for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++) {
        uint8_t *copy = blobs[i].size == 0 ? NULL : malloc(blobs[i].size);

        if (copy != NULL) {
            memcpy(copy, blobs[i].data, blobs[i].size);
            t->host_keys[i] = (struct wire_bytes){copy, blobs[i].size};
        }
    }
}

int
transport_new(uv_loop_t *loop, int fd, const struct msg_setup *setup,
              const struct transport_owner *owner, struct transport **ret)
{
    struct transport *t = calloc(1, sizeof(*t));
    int r;

    if (t == NULL) {
        close(fd);
        return -ENOMEM;
    }
    t->fd = fd;
    t->owner = *owner;
    t->requests.tail = &t->requests.head;
    t->answers.tail = &t->answers.head;
    t->relays.changed.tail = &t->relays.changed.head;
    t->relays.waiting.tail = &t->relays.waiting.head;
    t->max_channels = setup->max_channels;
    t->read_size = settings_read_size();
    keep_host_keys(t, setup);
    set_socket_options(fd);
    r = fd_set_nonblocking(fd, 1);
    if (r == 0) {
        r = prepare_libssh(t, setup);
    }
    if (r == 0) {
        r = uv_poll_init(loop, &t->poll, fd);
    }
    if (r < 0) {
        close(fd);
        free(t);
        return r;
    }
    uv_prepare_init(loop, &t->prepare);
    uv_idle_init(loop, &t->again);
    uv_timer_init(loop, &t->farewell);
    uv_timer_init(loop, &t->second);
    uv_timer_init(loop, &t->rate_timer);
    t->second.data = t->rate_timer.data = t;
    t->poll.data = t->prepare.data = t->again.data = t->farewell.data = t;
    hooks_set_inbound(inbound_packet, t);
    hooks_guard_input(fd);
    *ret = t;
    return 0;
}

int
transport_start(struct transport *t)
{
    uv_prepare_start(&t->prepare, on_prepare);
    exchange_keys(t);
    return t->over ? -EPIPE : 0;
}

const char *
transport_library_version(void)
{
    return ssh_version(0);
}
