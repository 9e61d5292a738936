/*
 * Channel opens of the client (RFC 4254 sections 5.1, 7.2).  A hook records
 * the packet as it came and lets libssh parse a direct-tcpip open to a host
 * name that is our number: what comes out of libssh is only a handle to
 * accept the channel with.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/limits.h"
#include "server/ssh/relay.h"
#include "server/ssh/state.h"
#include "server/ssh/terminal.h"

#define CHANNEL_OPEN_FAILURE 92
#define INFO 3 /* LOG_LEVEL_INFO, which is policy's */

static void
refuse(struct transport *t, uint32_t sender, uint32_t reason, const char *text)
{
    uint8_t bytes[1024];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    wire_put_u8(&w, CHANNEL_OPEN_FAILURE);
    wire_put_u32(&w, sender);
    wire_put_u32(&w, reason);
    wire_put_text(&w, text);
    wire_put_text(&w, "");
    transport_send(t, &w);
}

/* The head that is common to all types; *ret_rest is what follows it. */
struct open_head {
    struct wire_bytes type;
    uint32_t sender, window, packet_size;
};

static bool
read_head(struct wire *w, struct open_head *ret)
{
    ret->type = wire_string(w);
    ret->sender = wire_u32(w);
    ret->window = wire_u32(w);
    ret->packet_size = wire_u32(w);
    return !w->bad;
}

/* Where the opens with this number are. */
static struct open_request **
bucket_of(struct transport *t, uint32_t id)
{
    return &t->opens[id % (sizeof(t->opens) / sizeof(t->opens[0]))];
}

static struct open_request **
link_of(struct transport *t, uint32_t id)
{
    struct open_request **p = bucket_of(t, id);

    while (*p != NULL && (*p)->id != id) {
        p = &(*p)->next;
    }
    return p;
}

static struct open_request *
find(struct transport *t, uint32_t id)
{
    return *link_of(t, id);
}

static void
forget(struct transport *t, struct open_request *o)
{
    struct open_request **p = link_of(t, o->id);

    *p = o->next;
    t->asked -= o->asked;
    t->opens_size -= o->size;
    ssh_message_free(o->message);
    free(o);
}

/*
 * What the client asks for; of an open that is absurdly long, or one of too
 * many that wait, only the head is kept.
 */
static struct open_request *
keep(struct transport *t, const struct open_head *head, struct wire_bytes rest)
{
    size_t size = 4 + head->type.size + rest.size;
    bool fits =
        size <= LIMIT_OPEN_BYTES && t->opens_size + size <= LIMIT_OPENS_BYTES;
    struct open_request *o = calloc(1, sizeof(*o) + (fits ? size : 0));
    struct open_request **bucket = NULL;
    struct wire_out out;

    if (o == NULL) {
        return NULL;
    }
    o->id = t->next_id++ & ~MSG_ACCEPTED_BIT;
    o->sender = head->sender;
    o->packet_size = head->packet_size;
    if (fits) {
        out = wire_into(o->payload, size);
        wire_put_string(&out, head->type.data, head->type.size);
        wire_put_raw(&out, rest.data, rest.size);
        o->size = size;
        t->opens_size += size;
    }
    bucket = bucket_of(t, o->id);
    o->next = *bucket;
    *bucket = o;
    return o;
}

enum hook_verdict
open_record(struct transport *t, struct wire_bytes payload,
            struct hook_replacement *replacement)
{
    struct wire w = wire_over(payload.data, payload.size);
    struct wire_out out =
        wire_into(replacement->bytes, sizeof(replacement->bytes));
    struct open_head head;
    struct open_request *o = NULL;
    char number[16];

    if (!read_head(&w, &head) || head.packet_size < LIMIT_PACKET_MIN) {
        t->hostile = "malformed channel open";
        return HOOK_SWALLOW;
    }
    o = keep(t, &head, (struct wire_bytes){w.p, (size_t)(w.end - w.p)});
    if (o == NULL) {
        t->hostile = "out of memory";
        return HOOK_SWALLOW;
    }
    snprintf(number, sizeof(number), "%" PRIu32, o->id);
    wire_put_text(&out, "direct-tcpip");
    wire_put_u32(&out, head.sender);
    wire_put_u32(&out, head.window);
    wire_put_u32(&out, head.packet_size);
    wire_put_text(&out, number);
    wire_put_u32(&out, 0);
    wire_put_text(&out, "");
    wire_put_u32(&out, 0);
    replacement->size = out.used;
    return HOOK_REPLACE;
}

static void
refuse_request(struct transport *t, struct open_request *o, uint32_t reason,
               const char *text)
{
    uint32_t sender = o->sender;

    forget(t, o);
    refuse(t, sender, reason, text);
}

/*
 * Say yes to the client, with o's window (0: libssh's, which libssh keeps).
 * NULL: out of memory, or the connection is gone.
 */
static ssh_channel
accept_channel(struct transport *t, struct open_request *o)
{
    ssh_channel channel = NULL;

    hooks_arm_open(o->window, NULL, NULL, 0);
    channel = ssh_message_channel_request_open_reply_accept(o->message);
    if (!hooks_disarm_open(&o->local_channel) && channel != NULL) {
        t->hostile = "channel confirmed without a number";
        return NULL; /* it is freed with the session */
    }
    return channel;
}

static void
accept_session(struct transport *t, struct open_request *o)
{
    const struct msg_id m = {.id = o->id};
    ssh_channel channel = NULL;

    if (terminal_count(t) >= t->terms.max_sessions) {
        refuse_request(t, o, OPEN_CONNECT_FAILED, "open failed");
        return;
    }
    if (t->no_more_sessions) {
        forget(t, o);
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR,
                             "session opened after no-more-sessions");
        return;
    }
    channel = accept_channel(t, o);
    if (channel != NULL && terminal_start(t, o, channel) == 0) {
        transport_tell(t, MSG_SESSION_OPEN, &m);
    }
    forget(t, o);
}

static void
mark_asked(struct transport *t, struct open_request *o)
{
    o->asked = true;
    t->asked++;
}

static void
ask_direct(struct transport *t, struct open_request *o, struct wire *w)
{
    struct msg_open m = {.id = o->id};

    m.host = wire_string(w);
    m.port = wire_u32(w);
    m.originator = wire_string(w);
    m.originator_port = wire_u32(w);
    if (wire_done(w) < 0) {
        forget(t, o);
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR,
                             "malformed direct-tcpip open");
        return;
    }
    mark_asked(t, o);
    transport_tell(t, MSG_OPEN, &m);
}

static void
ask_path(struct transport *t, struct open_request *o, struct wire *w)
{
    struct msg_path m = {.id = o->id};

    m.path = wire_string(w);
    wire_string(w); /* reserved */
    wire_u32(w);    /* reserved */
    if (wire_done(w) < 0) {
        forget(t, o);
        transport_disconnect(t, DISCONNECT_PROTOCOL_ERROR,
                             "malformed direct-streamlocal open");
        return;
    }
    o->kind = CHANNEL_DIRECT_PATH;
    mark_asked(t, o);
    transport_tell(t, MSG_OPEN_PATH, &m);
}

/* One channel more would be too many: those that live, and those asked for. */
static bool
is_full(const struct transport *t)
{
    return t->live + t->asked >= t->max_channels;
}

/* Of a long open only the head was kept: nobody else can tell of it. */
static void
refuse_long(struct transport *t, struct open_request *o)
{
    const struct msg_log m = {.level = INFO,
                              .text = "channel open refused: it is too long, "
                                      "or too many wait"};

    transport_tell(t, MSG_LOG, &m);
    refuse_request(t, o, OPEN_RESOURCE_SHORTAGE, "open too long");
}

static void
handle(struct transport *t, struct open_request *o)
{
    struct wire w = wire_over(o->payload, o->size);
    struct wire_bytes type = wire_string(&w);

    if (is_full(t)) {
        refuse_request(t, o, OPEN_RESOURCE_SHORTAGE, "too many channels");
    } else if (o->size == 0) {
        refuse_long(t, o);
    } else if (wire_bytes_are(type, "session")) {
        accept_session(t, o);
    } else if (wire_bytes_are(type, "direct-tcpip")) {
        ask_direct(t, o, &w);
    } else if (wire_bytes_are(type, "direct-streamlocal@openssh.com")) {
        ask_path(t, o, &w);
    } else {
        refuse_request(t, o, OPEN_CONNECT_FAILED, "open failed");
    }
}

void
open_message(struct transport *t, ssh_message message)
{
    const char *number = ssh_message_channel_request_open_destination(message);
    struct open_request *o =
        number == NULL ? NULL : find(t, (uint32_t)strtoul(number, NULL, 10));

    if (o == NULL || o->message != NULL) {
        ssh_message_free(message);
        return;
    }
    o->message = message;
    handle(t, o);
}

/* The monitor takes it for open: it is not. */
static void
tell_closed(struct transport *t, uint32_t id)
{
    const struct msg_forward_closed m = {.id = id};

    transport_tell(t, MSG_FORWARD_CLOSED, &m);
}

static int
opened(struct transport *t, struct frame *f)
{
    struct msg_id m;
    struct open_request *o = NULL;
    ssh_channel channel = NULL;
    int fd = f->fd;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    o = find(t, m.id);
    if (o == NULL) {
        return -EBADMSG;
    }
    if (fd < 0) {
        refuse_request(t, o, OPEN_RESOURCE_SHORTAGE, "no descriptor left");
        tell_closed(t, m.id);
        return 0;
    }
    o->window = window_first(&t->relays.pool);
    channel = accept_channel(t, o);
    f->fd = -1;
    if (channel == NULL) {
        close(fd);
        tell_closed(t, m.id);
    } else {
        relay_start(t, o, channel, fd);
    }
    forget(t, o);
    return 0;
}

static int
refused(struct transport *t, struct frame *f)
{
    struct msg_refused m;
    struct open_request *o = NULL;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    o = find(t, m.id);
    if (o == NULL) {
        return -EBADMSG;
    }
    refuse_request(t, o, m.reason, m.text);
    return 0;
}

/* True: the client cannot be offered another channel, and that was said. */
static bool
is_offer_hopeless(struct transport *t, uint32_t id, int fd)
{
    struct msg_refused no = {.id = id, .reason = OPEN_RESOURCE_SHORTAGE};

    if (fd >= 0 && !is_full(t)) {
        return false;
    }
    no.text = fd < 0 ? "no descriptor left" : "too many channels";
    transport_tell(t, MSG_ACCEPT_REFUSED, &no);
    return true;
}

static void
say_offer_failed(struct transport *t, uint32_t id)
{
    const struct msg_refused no = {
        .id = id,
        .reason = OPEN_RESOURCE_SHORTAGE,
        .text = "channel could not be opened",
    };

    transport_tell(t, MSG_ACCEPT_REFUSED, &no);
}

static int
accepted(struct transport *t, struct frame *f)
{
    struct msg_accepted m;
    int fd = f->fd;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    if (is_offer_hopeless(t, m.id, fd)) {
        return 0;
    }
    f->fd = -1;
    if (relay_offer(t, &m, fd) < 0) {
        say_offer_failed(t, m.id);
    }
    return 0;
}

static int
accepted_path(struct transport *t, struct frame *f)
{
    struct msg_accepted_path m;
    int fd = f->fd;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    if (is_offer_hopeless(t, m.id, fd)) {
        return 0;
    }
    f->fd = -1;
    if (relay_offer_path(t, &m, fd) < 0) {
        say_offer_failed(t, m.id);
    }
    return 0;
}

int
open_receive(struct transport *t, struct frame *f)
{
    switch (f->type) {
    case MSG_OPENED:
        return opened(t, f);
    case MSG_OPEN_REFUSED:
        return refused(t, f);
    case MSG_ACCEPTED:
        return accepted(t, f);
    case MSG_ACCEPTED_PATH:
        return accepted_path(t, f);
    default:
        return -EBADMSG;
    }
}
