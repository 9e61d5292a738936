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

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "server/base/fd.h"
#include "server/ssh/host_keys.h"
#include "server/ssh/limits.h"
#include "server/ssh/relay.h"
#include "server/ssh/state.h"
#include "server/ssh/terminal.h"

#define FAREWELL_MS 2000   /* for a disconnect message to leave */
#define SETTLE_ROUNDS 8    /* before the loop gets to poll again */
#define PACKET_OVERHEAD 40 /* bytes of header, padding and MAC, about */
#define SEND_MAX 65536     /* one packet of ours */

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
    t->over = true;
    uv_poll_stop(&t->poll);
    uv_prepare_stop(&t->prepare);
    uv_idle_stop(&t->again);
    uv_timer_stop(&t->farewell);
    t->owner.gone(t->owner.arg, code, text);
}

static bool
is_closed(const struct transport *t)
{
    return (ssh_get_status(t->session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0;
}

static bool
has_unsent(const struct transport *t)
{
    return (ssh_get_status(t->session) & SSH_WRITE_PENDING) != 0;
}

/* Tell what the session died of, in the client's words when it had any. */
static void
finish_closed(struct transport *t)
{
    if (t->gone_code != 0) {
        finish(t, t->gone_code, t->gone_text);
        return;
    }
    snprintf(t->gone_text, sizeof(t->gone_text), "%s",
             ssh_get_error(t->session));
    finish(t, 0, t->gone_text);
}

int
transport_send(struct transport *t, const struct wire_out *packet)
{
    if (t->over || wire_out_size(packet) <= 0) {
        return -EIO;
    }
    hooks_arm_packet(packet->data, packet->used);
    ssh_send_ignore(t->session, "");
    transport_stir(t);
    return hooks_disarm_packet() ? 0 : -EIO;
}

static void
on_farewell(uv_timer_t *timer)
{
    finish(timer->data, 0, "disconnect message not taken");
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
 * libssh does not tell how much it has buffered.  Since the buffer was last
 * empty: what was packed, with its overhead, less what the socket took.
 */
bool
transport_is_congested(struct transport *t)
{
    uint64_t packed, sent;

    if (!has_unsent(t)) {
        t->base_raw = t->packets.out_bytes;
        t->base_raw_packets = t->packets.out_packets;
        t->base_socket = t->socket_bytes.out_bytes;
        return false;
    }
    packed = t->packets.out_bytes - t->base_raw +
             PACKET_OVERHEAD * (t->packets.out_packets - t->base_raw_packets);
    sent = t->socket_bytes.out_bytes - t->base_socket;
    return packed > sent + LIMIT_BACKLOG;
}

static void
on_again(uv_idle_t *idle)
{
    (void)idle; /* its only purpose is that the loop does not sleep */
}

void
transport_stir(struct transport *t)
{
    if (!t->over) {
        uv_idle_start(&t->again, on_again);
    }
}

static enum hook_verdict
record(struct transport *t, enum hook hook, struct wire_bytes payload)
{
    struct event *e = NULL;

    if (t->event_count >= LIMIT_WAITING_EVENTS ||
        payload.size > LIMIT_AUTH_BYTES) {
        t->hostile = "too much waits for an answer";
        return HOOK_SWALLOW;
    }
    e = malloc(sizeof(*e) + payload.size);
    if (e == NULL) {
        t->hostile = "out of memory";
        return HOOK_SWALLOW;
    }
    e->next = NULL;
    e->hook = hook;
    e->size = payload.size;
    memcpy(e->bytes, payload.data, payload.size);
    *t->events_tail = e;
    t->events_tail = &e->next;
    t->event_count++;
    return HOOK_SWALLOW;
}

static void
free_event(struct event *e)
{
    explicit_bzero(e->bytes, e->size); /* it may hold a password */
    free(e);
}

/*
 * The first authentication request becomes a "none" request inside libssh,
 * whose message object is kept to answer them all; libssh parses no key, no
 * signature and no certificate of a stranger.
 */
static enum hook_verdict
record_auth(struct transport *t, struct wire_bytes payload,
            struct hook_replacement *replacement)
{
    struct wire_out w =
        wire_into(replacement->bytes, sizeof(replacement->bytes));

    record(t, HOOK_AUTH_REQUEST, payload);
    if (t->kept != NULL || t->event_count != 1) {
        return HOOK_SWALLOW;
    }
    wire_put_text(&w, "any");
    wire_put_text(&w, "ssh-connection");
    wire_put_text(&w, "none");
    replacement->size = w.used;
    return HOOK_REPLACE;
}

static void
record_disconnect(struct transport *t, struct wire_bytes payload)
{
    struct wire w = wire_over(payload.data, payload.size);
    uint32_t code = wire_u32(&w);
    struct wire_bytes text = wire_string(&w);

    if (!w.bad) {
        t->gone_code = code == 0 ? DISCONNECT_BY_APPLICATION : code;
        snprintf(t->gone_text, sizeof(t->gone_text), "%.*s",
                 (int)(text.size < 200 ? text.size : 200),
                 (const char *)text.data);
    }
}

/* Our forwarded-tcpip was taken, with packets of this size at most. */
static enum hook_verdict
record_confirmation(struct transport *t, struct wire_bytes payload)
{
    struct wire w = wire_over(payload.data, payload.size);
    uint32_t packet_size;

    wire_u32(&w);
    wire_u32(&w);
    wire_u32(&w);
    packet_size = wire_u32(&w);
    if (w.bad || packet_size < LIMIT_PACKET_MIN) {
        t->hostile = "absurd maximum packet size";
        return HOOK_SWALLOW;
    }
    record(t, HOOK_OPEN_CONFIRMED, payload);
    return HOOK_PASS;
}

static enum hook_verdict
on_inbound(void *arg, enum hook hook, struct wire_bytes payload,
           struct hook_replacement *replacement)
{
    struct transport *t = arg;

    switch (hook) {
    case HOOK_AUTH_REQUEST:
        return record_auth(t, payload, replacement);
    case HOOK_AUTH_RESPONSE:
    case HOOK_GLOBAL_REQUEST:
        return record(t, hook, payload);
    case HOOK_CHANNEL_OPEN:
        return open_record(t, payload, replacement);
    case HOOK_OPEN_CONFIRMED:
        return record_confirmation(t, payload);
    case HOOK_OPEN_FAILED:
        record(t, hook, payload);
        return HOOK_PASS;
    case HOOK_DISCONNECT:
        record_disconnect(t, payload);
        return HOOK_PASS;
    case HOOK_PACK:
    case HOOK_SIGN:
    case HOOK_COUNT:
        break;
    }
    return HOOK_SWALLOW;
}

static bool
is_waiting(const struct transport *t)
{
    return t->auth_waiting || t->global_waiting;
}

static void
handle_event(struct transport *t, const struct event *e)
{
    switch (e->hook) {
    case HOOK_AUTH_REQUEST:
    case HOOK_AUTH_RESPONSE:
        authenticate_event(t, e);
        return;
    case HOOK_GLOBAL_REQUEST:
        global_event(t, e);
        return;
    case HOOK_OPEN_CONFIRMED:
    case HOOK_OPEN_FAILED:
        relay_answered(t, e);
        return;
    case HOOK_CHANNEL_OPEN:
    case HOOK_DISCONNECT:
    case HOOK_PACK:
    case HOOK_SIGN:
    case HOOK_COUNT:
        return;
    }
}

static void
handle_events(struct transport *t)
{
    while (t->events != NULL && !is_waiting(t) && !t->over && !t->leaving) {
        struct event *e = t->events;

        if (e->hook == HOOK_AUTH_REQUEST && t->kept == NULL) {
            return; /* libssh has not handed the message over yet */
        }
        t->events = e->next;
        if (t->events == NULL) {
            t->events_tail = &t->events;
        }
        t->event_count--;
        handle_event(t, e);
        free_event(e);
    }
}

static void
handle_service(struct transport *t, ssh_message message)
{
    const char *name = ssh_message_service_service(message);

    if (name != NULL && strcmp(name, "ssh-userauth") == 0) {
        ssh_message_service_reply_success(message);
    } else {
        transport_disconnect(t, DISCONNECT_SERVICE_NOT_AVAILABLE,
                             "service not available");
    }
    ssh_message_free(message);
}

static void
handle_message(struct transport *t, ssh_message message)
{
    switch (ssh_message_type(message)) {
    case SSH_REQUEST_SERVICE:
        handle_service(t, message);
        return;
    case SSH_REQUEST_AUTH:
        authenticate_keep(t, message);
        return;
    case SSH_REQUEST_CHANNEL_OPEN:
        open_message(t, message);
        return;
    case SSH_REQUEST_CHANNEL:
        terminal_request(t, message);
        return;
    default:
        ssh_message_free(message);
        return;
    }
}

/* Read and handle what the client sent, but not for ever. */
static void
read_client(struct transport *t)
{
    for (int i = 0; i < LIMIT_READ_ROUNDS && !t->over; i++) {
        uint64_t before = t->socket_bytes.in_bytes;
        ssh_message message = NULL;

        handle_events(t);
        if (t->auth_waiting || t->hostile != NULL || t->over) {
            return;
        }
        message = ssh_message_get(t->session);
        if (message != NULL) {
            handle_message(t, message);
        } else if (t->socket_bytes.in_bytes == before) {
            break;
        }
    }
    handle_events(t);
}

static void
exchange_keys(struct transport *t)
{
    int r = ssh_handle_key_exchange(t->session);

    if (r == SSH_AGAIN) {
        return;
    }
    if (r != SSH_OK) {
        finish_closed(t);
        return;
    }
    t->key_exchanged = true;
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* Input always, but not while a login waits; output while there is some. */
static void
rearm(struct transport *t)
{
    int events = t->auth_waiting ? 0 : UV_READABLE;

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
    if (t->hostile != NULL) {
        const char *why = t->hostile;

        t->hostile = NULL;
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR, why);
    } else if (is_closed(t)) {
        finish_closed(t);
    } else if (t->leaving && !has_unsent(t)) {
        finish(t, 0, t->gone_text);
    }
    return t->over;
}

/*
 * Channel writes also receive and dispatch, and nothing wakes us for what
 * they queued: so before the loop sleeps, look until nothing moves.
 */
static void
settle(struct transport *t)
{
    int round = 0;

    uv_idle_stop(&t->again);
    while (t->key_exchanged && !t->over && !t->leaving &&
           t->settled_packets != t->packets.in_packets &&
           round++ < SETTLE_ROUNDS) {
        t->settled_packets = t->packets.in_packets;
        read_client(t);
    }
    if (!t->over && t->key_exchanged && !t->leaving) {
        handle_events(t);
        relay_resume(t);
        terminal_resume(t);
    }
    if (check_end(t)) {
        return;
    }
    if (t->settled_packets != t->packets.in_packets && t->key_exchanged) {
        transport_stir(t);
    } else {
        relay_bury(t);
        terminal_bury(t);
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
    if (!t->key_exchanged) {
        exchange_keys(t);
    } else if (t->auth_waiting || t->leaving) {
        if ((events & UV_WRITABLE) != 0) {
            ssh_blocking_flush(t->session, 0);
        } else if (t->leaving) {
            ssh_message_free(ssh_message_get(t->session));
        }
    } else {
        read_client(t);
    }
    check_end(t);
}

int
transport_warm_up(void)
{
    uint8_t byte;

    if (ssh_init() != SSH_OK ||
        OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1 ||
        RAND_bytes(&byte, 1) != 1) {
        return -EIO;
    }
    /* Error strings and providers are loaded at first use: use them. */
    EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
    EVP_CIPHER_free(EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL));
    return 0;
}

static int
set_bind_options(ssh_bind bind, const struct msg_setup *s)
{
    const bool no = false;
    const struct {
        enum ssh_bind_options_e option;
        const void *value;
    } options[] = {
        {SSH_BIND_OPTIONS_PROCESS_CONFIG, &no},
        {SSH_BIND_OPTIONS_BANNER, s->identification},
        {SSH_BIND_OPTIONS_KEY_EXCHANGE, s->kex},
        {SSH_BIND_OPTIONS_CIPHERS_C_S, s->ciphers},
        {SSH_BIND_OPTIONS_CIPHERS_S_C, s->ciphers},
        {SSH_BIND_OPTIONS_HMAC_C_S, s->macs},
        {SSH_BIND_OPTIONS_HMAC_S_C, s->macs},
        {SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, s->host_key_algorithms},
        {SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, s->signature_algorithms},
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (ssh_bind_options_set(bind, options[i].option, options[i].value) <
            0) {
            return -EINVAL;
        }
    }
    return host_keys_import(bind, s);
}

static int
set_session_options(ssh_session session, const struct msg_setup *s)
{
    uint64_t bytes = s->rekey_bytes;
    uint32_t seconds = s->rekey_seconds;

    ssh_set_blocking(session, 0);
    if (ssh_options_set(session, SSH_OPTIONS_COMPRESSION_C_S, "none") < 0 ||
        ssh_options_set(session, SSH_OPTIONS_COMPRESSION_S_C, "none") < 0) {
        return -EINVAL;
    }
    if (bytes != 0 &&
        ssh_options_set(session, SSH_OPTIONS_REKEY_DATA, &bytes) < 0) {
        return -EINVAL;
    }
    if (seconds != 0 &&
        ssh_options_set(session, SSH_OPTIONS_REKEY_TIME, &seconds) < 0) {
        return -EINVAL;
    }
    return 0;
}

static void
set_socket_options(int fd)
{
    const int on = 1;

    /* Not a TCP socket in some tests: then this does not matter. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
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
    r = set_bind_options(t->bind, setup);
    if (r == 0) {
        r = set_session_options(t->session, setup);
    }
    if (r < 0) {
        return r;
    }
    if (ssh_bind_accept_fd(t->bind, t->session, t->fd) != SSH_OK) {
        return -EIO;
    }
    ssh_set_counters(t->session, &t->socket_bytes, &t->packets);
    return 0;
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
    t->events_tail = &t->events;
    t->max_channels = setup->max_channels;
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
    t->poll.data = t->prepare.data = t->again.data = t->farewell.data = t;
    hooks_set_inbound(on_inbound, t);
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

int
transport_receive(struct transport *t, struct frame *f)
{
    struct msg_disconnect bye;
    struct msg_text text;

    if (t->over) {
        return 0;
    }
    transport_stir(t);
    switch (f->type) {
    case MSG_AUTH_FAILURE:
    case MSG_AUTH_PK_OK:
    case MSG_AUTH_PROMPT:
    case MSG_AUTH_BANNER:
    case MSG_AUTH_SUCCESS:
        return authenticate_receive(t, f);
    case MSG_OPENED:
    case MSG_OPEN_REFUSED:
    case MSG_ACCEPTED:
        return open_receive(t, f);
    case MSG_LISTEN_DONE:
        return global_receive(t, f);
    case MSG_SESSION_REPLY:
    case MSG_SESSION_TEXT:
    case MSG_SESSION_EXIT:
        return terminal_receive(t, f);
    case MSG_DEBUG:
        if (frame_decode(f, &text) < 0) {
            return -EBADMSG;
        }
        ssh_send_debug(t->session, text.text, 1);
        return 0;
    case MSG_DISCONNECT:
        if (frame_decode(f, &bye) < 0) {
            return -EBADMSG;
        }
        transport_disconnect(t, bye.code, bye.text);
        return 0;
    default:
        return -EBADMSG;
    }
}

const char *
transport_library_version(void)
{
    return ssh_version(0);
}
