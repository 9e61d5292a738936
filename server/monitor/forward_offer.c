/* Connections that a listener accepted, offered to the client. */
#include "server/monitor/forward_offer.h"

#include "server/base/fd.h"
#include "server/monitor/console.h"
#include "server/monitor/denial.h"
#include "server/monitor/forward.h"
#include "server/monitor/forward_log.h"
#include "server/monitor/paced_log.h"

static void
send_offer(struct connection *c, const struct forward *f, int fd)
{
    const struct msg_accepted m = {
        .id = f->id,
        .host = f->host,
        .port = f->port,
        .originator = f->peer,
        .originator_port = f->peer_port,
    };

    connection_send(c, MSG_ACCEPTED, &m, fd);
}

static void
send_path_offer(struct connection *c, const struct forward *f, int fd)
{
    const struct msg_accepted_path m = {.id = f->id, .path = f->host};

    connection_send(c, MSG_ACCEPTED_PATH, &m, fd);
}

void
forward_offer_refuse(struct connection *c, const struct forward_offer *offer,
                     const struct decision *why)
{
    char peer[ADDRESS_TEXT_MAX] = "", line[WORDS_MAX], told[DENIAL_MAX];
    const struct words_who who = connection_who(c);
    const struct words_forward words = {
        .kind =
            offer->is_path ? CHANNEL_FORWARDED_PATH : CHANNEL_FORWARDED_TCPIP,
        .host = offer->host,
        .port = offer->port,
        .peer = peer,
        .peer_port = offer->peer_port,
    };

    if (!offer->is_path) {
        address_format(&offer->peer, peer);
    }
    words_offer_refused(line, &who, &words, why);
    paced_log(c,
              why->reason == REASON_TOO_MANY_FORWARDS ? PACED_FORWARDS
                                                      : PACED_SOURCE,
              LOG_LEVEL_INFO, line);
    denial_reason(told, c->settings, why);
    console_turned_away(c, &words, told);
}

void
forward_offer_new(struct connection *c, const struct forward_offer *offer,
                  int fd)
{
    struct decision d = decide_forwards(c->settings, c->forwards->count);
    uint32_t number = connection_number(c);
    struct forward *f = NULL;

    if (d.verdict != VERDICT_ALLOW) {
        forward_offer_refuse(c, offer, &d);
        fd_close(&fd);
        return;
    }
    f = forward_add(c, number | MSG_ACCEPTED_BIT, number, offer->host);
    if (f == NULL) {
        fd_close(&fd);
        return;
    }
    f->state = FORWARD_OFFERED;
    f->kind = offer->is_path ? CHANNEL_FORWARDED_PATH : CHANNEL_FORWARDED_TCPIP;
    if (offer->is_path) {
        send_path_offer(c, f, fd);
        return;
    }
    f->port = offer->port;
    address_format(&offer->peer, f->peer);
    f->peer_port = offer->peer_port;
    send_offer(c, f, fd);
}

void
forward_accepted(struct connection *c, uint32_t id)
{
    struct forward *f = forward_table_by_id(c->forwards, id);

    if (f == NULL || f->state != FORWARD_OFFERED) {
        connection_breach(c, "an answer to an offer that was not made");
        return;
    }
    f->state = FORWARD_OPEN;
    f->opened_ms = uv_now(&c->loop);
    forward_log_opened(c, f);
}

void
forward_not_accepted(struct connection *c, const struct msg_refused *m)
{
    struct forward *f = forward_table_by_id(c->forwards, m->id);

    if (f == NULL || f->state != FORWARD_OFFERED) {
        connection_breach(c, "an answer to an offer that was not made");
        return;
    }
    forward_log_failed(c, f,
                       m->text[0] == '\0' ? "refused by the client" : m->text);
    forward_table_remove(c->forwards, f);
}
