/* Connections to a listener, offered to the client (RFC 4254 section 7.2). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "server/ssh/relay.h"
#include "server/ssh/relay_state.h"

/* The client does not want the connection that it was offered. */
void
relay_refuse_offer(struct relay *r, uint32_t reason, const char *text)
{
    const struct msg_refused no = {
        .id = r->id,
        .reason = reason,
        .text = text,
    };

    r->offered = false;
    r->reported = true; /* no bytes went by */
    r->channel_closed = r->close_sent = true;
    relay_close_socket(r);
    transport_tell(r->t, MSG_ACCEPT_REFUSED, &no);
}

/* An offered relay whose open could not even be sent. */
static int
withdraw(struct relay *r)
{
    r->channel_closed = r->close_sent = true;
    relay_close_socket(r);
    return -EIO;
}

static struct relay *
create_offer(struct transport *t, uint32_t id, enum channel_kind kind, int fd)
{
    ssh_channel channel = ssh_channel_new(t->session);
    struct relay *r = NULL;

    if (channel != NULL) {
        r = relay_create(t, id, kind, channel, fd,
                         window_first(&t->relays.pool));
    }
    if (r == NULL) {
        close(fd);
        return NULL;
    }
    r->offered = true;
    return r;
}

/* libssh has written the open, or it has not. */
static int
finish_offer(struct relay *r)
{
    uint32_t local_channel;

    if (!hooks_disarm_open(&local_channel)) {
        return withdraw(r);
    }
    relay_attach(r, local_channel);
    return 0;
}

int
relay_offer(struct transport *t, const struct msg_accepted *m, int fd)
{
    struct relay *r = create_offer(t, m->id, CHANNEL_FORWARDED_TCPIP, fd);

    if (r == NULL) {
        return -ENOMEM;
    }
    hooks_arm_open((uint32_t)r->window.open, NULL, NULL, 0);
    ssh_channel_open_reverse_forward(r->channel, m->host, (int)m->port,
                                     m->originator, (int)m->originator_port);
    return finish_offer(r);
}

int
relay_offer_path(struct transport *t, const struct msg_accepted_path *m, int fd)
{
    struct relay *r = create_offer(t, m->id, CHANNEL_FORWARDED_PATH, fd);
    uint8_t payload[256];
    struct wire_out w = wire_into(payload, sizeof(payload));

    if (r == NULL) {
        return -ENOMEM;
    }
    wire_put_text(&w, m->path);
    wire_put_text(&w, ""); /* reserved */
    if (w.bad) {
        return withdraw(r);
    }
    hooks_arm_open((uint32_t)r->window.open,
                   "forwarded-streamlocal@openssh.com", payload, w.used);
    ssh_channel_open_reverse_forward(r->channel, "", 0, "", 0);
    return finish_offer(r);
}

void
relay_confirmed(struct transport *t, uint32_t local_channel)
{
    struct relay *r = relay_find(t, local_channel);

    if (r != NULL) {
        r->confirmed = true;
    }
}

void
relay_answered(struct transport *t, const struct event *e)
{
    struct wire w = wire_over(e->bytes, e->size);
    struct relay *r = relay_find(t, wire_u32(&w));
    struct msg_id yes = {.id = 0};
    char words[128] = "";
    struct wire_bytes text;
    uint32_t reason, number;

    if (r == NULL || !r->offered) {
        return;
    }
    if (e->hook == HOOK_OPEN_CONFIRMED) {
        r->offered = false;
        number = wire_u32(&w);
        wire_u32(&w); /* window */
        relay_opened(r, number, wire_u32(&w));
        r->moved_ms = uv_now(t->prepare.loop); /* ChannelTimeout starts */
        yes.id = r->id;
        transport_tell(t, MSG_ACCEPT_OPENED, &yes);
        relay_mark_changed(r);
        return;
    }
    reason = wire_u32(&w);
    text = wire_string(&w);
    if (!w.bad && text.size < sizeof(words) &&
        memchr(text.data, '\0', text.size) == NULL) {
        memcpy(words, text.data, text.size);
    }
    relay_refuse_offer(r, reason, words);
}
