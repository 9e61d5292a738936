/*
 * The life of a listener.  It is known by the exact bytes that the client
 * asked with (semantics B.4, B.6), whatever it was bound to.
 */
#include "server/monitor/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server/log/log.h"
#include "server/monitor/console.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/forward_offer.h"
#include "server/monitor/listen_list.h"
#include "server/monitor/request_text.h"
#include "server/monitor/unprivileged.h"

/* ---- answers ---- */

static void
answer(struct connection *c, uint32_t id, bool ok, uint32_t port)
{
    const struct msg_listen_done m = {.id = id, .ok = ok, .port = port};

    connection_send(c, MSG_LISTEN_DONE, &m, -1);
}

static void
tell(struct connection *c, const char *text)
{
    const struct msg_text m = {.text = text};

    connection_send(c, MSG_DEBUG, &m, -1);
}

static bool
is_switched_off(enum reason reason)
{
    return reason == REASON_FORWARDING_DISABLED ||
           reason == REASON_DIRECTION_OFF ||
           reason == REASON_KEY_FORWARDING_OFF;
}

static void
refuse(struct connection *c, struct listener *l, const struct decision *why)
{
    struct words_who who = connection_who(c);
    char line[WORDS_MAX];

    words_listen_refused(line, &who, l->host, l->port, why);
    log_line(LOG_LEVEL_INFO, "%s", line);
    if (is_switched_off(why->reason)) {
        tell(c, "Server has disabled port forwarding.");
    } else {
        snprintf(line, sizeof(line), "port forwarding refused: %s",
                 reason_name(why->reason));
        tell(c, line);
    }
    console_listen_failed(c, l->host, l->port, words_refusal(why->reason));
    answer(c, l->id, false, 0);
    listen_list_remove(c, l);
}

static void
fail(struct connection *c, struct listener *l, const char *why)
{
    struct words_who who = connection_who(c);
    char line[WORDS_MAX];

    words_listen_failed(line, &who, l->host, l->port, why);
    log_line(LOG_LEVEL_INFO, "%s", line);
    snprintf(line, sizeof(line), "port forwarding failed: %.200s", why);
    tell(c, line);
    console_listen_failed(c, l->host, l->port, why);
    answer(c, l->id, false, 0);
    listen_list_remove(c, l);
}

static void
log_end(struct connection *c, struct listener *l)
{
    struct words_who who = connection_who(c);
    char line[WORDS_MAX];

    words_listen_closed(line, &who, l->host, listen_list_port(l));
    log_line(LOG_LEVEL_INFO, "%s", line);
    console_listen_closed(c, l->host, listen_list_port(l));
}

/* ---- opening ---- */

static void
ask_dialer(struct connection *c, struct listener *l, enum msg_type type,
           const void *m)
{
    uint32_t number = l->number;

    if (dialer_send(c->dialer, type, m) < 0) {
        l = listen_list_find(c, number);
        if (l != NULL) {
            fail(c, l, "the dialer cannot be started");
        }
    }
}

static void
bind_to(struct connection *c, struct listener *l,
        const struct msg_addresses *addresses)
{
    const struct msg_connect m = {
        .id = l->number,
        .port = (uint16_t)l->port,
        .addresses = *addresses,
    };

    l->state = LISTENER_BINDING;
    ask_dialer(c, l, MSG_BIND, &m);
}

static void
ask_name(struct connection *c, struct listener *l)
{
    static const uint8_t families[] = {
        [FAMILY_ANY] = ADDRESS_NONE,
        [FAMILY_INET] = ADDRESS_V4,
        [FAMILY_INET6] = ADDRESS_V6,
    };
    const struct msg_resolve m = {
        .id = l->number,
        .host = l->host,
        .family = families[c->settings->address_family.value],
        .passive = 1,
    };

    l->state = LISTENER_RESOLVING;
    ask_dialer(c, l, MSG_RESOLVE, &m);
}

static void
place(struct connection *c, struct listener *l, const struct request *request)
{
    struct bind_plan plan = decide_bind(c->settings, request);
    struct msg_addresses addresses = {.count = plan.count};
    char line[WORDS_MAX];

    if (plan.overridden) {
        snprintf(line, sizeof(line),
                 "Forwarding listen address \"%.255s\" overridden by server "
                 "GatewayPorts",
                 l->host);
        tell(c, line);
    }
    if (plan.resolve) {
        ask_name(c, l);
        return;
    }
    for (unsigned i = 0; i < plan.count; i++) {
        addresses.list[i] = msg_address_of(&plan.list[i]);
    }
    if (plan.count == 0) {
        fail(c, l, "no address of the configured family");
        return;
    }
    bind_to(c, l, &addresses);
}

static void
decide_listener(struct connection *c, struct listener *l,
                const struct request *request)
{
    struct decision d = decide(c->settings, c->limits, request);

    l->decision = d;
    if (d.verdict == VERDICT_ALLOW) {
        d = decide_privileged(c->user->uid, request->port,
                              unprivileged_start());
    }
    if (d.verdict != VERDICT_ALLOW) {
        refuse(c, l, &d);
        return;
    }
    place(c, l, request);
}

void
listen_open(struct connection *c, const struct msg_listen *m)
{
    char host[REQUEST_TEXT_MAX];
    struct request request = {
        .kind = REQUEST_LISTEN,
        .port = m->port,
        .has_nul = request_text(m->host, host),
        .wants_reply = m->wants_reply != 0,
    };
    struct listener *l = listen_list_add(c, m, host);

    if (l == NULL) {
        log_line(LOG_LEVEL_ERROR, "user %.100s has %d listeners, no more",
                 c->user->name, LISTENERS_MAX);
        tell(c, "port forwarding failed: too many listeners");
        answer(c, m->id, false, 0);
        return;
    }
    request.host = l->host;
    decide_listener(c, l, &request);
}

void
listen_resolved(struct connection *c, const struct msg_resolved *m)
{
    struct listener *l = listen_list_find(c, m->id);

    if (l == NULL || l->state != LISTENER_RESOLVING) {
        return;
    }
    if (m->error[0] != '\0' || m->addresses.count == 0) {
        fail(c, l, m->error[0] != '\0' ? m->error : "no address");
        return;
    }
    bind_to(c, l, &m->addresses);
}

static void
go_live(struct connection *c, struct listener *l, const struct msg_bound *m)
{
    struct words_who who = connection_who(c);
    char line[WORDS_MAX];

    l->state = LISTENER_LIVE;
    l->bound = m->port;
    for (uint32_t i = 0; i < m->addresses.count; i++) {
        if (msg_address_get(&m->addresses.list[i],
                            &l->places[l->place_count]) == 0) {
            l->place_count++;
        }
    }
    words_listen_opened(line, &who, l->host, l->port, l->places, l->place_count,
                        l->bound, &l->decision);
    log_line(LOG_LEVEL_INFO, "%s", line);
    console_listen_opened(c, l->host, listen_list_port(l));
    answer(c, l->id, true, l->port == 0 ? l->bound : 0);
}

void
listen_bound(struct connection *c, const struct msg_bound *m)
{
    struct listener *l = listen_list_find(c, m->id);

    if (l == NULL || l->state != LISTENER_BINDING) {
        return;
    }
    if (m->addresses.count == 0) {
        fail(c, l, strerror(m->error < 0 ? -m->error : EPROTO));
        return;
    }
    go_live(c, l, m);
}

/* ---- accepting ---- */

/* Was the socket accepted where the listener listens? */
static bool
belongs(const struct listener *l, const struct peer *ends)
{
    if (ends->local_port != l->bound) {
        return false;
    }
    for (size_t i = 0; i < l->place_count; i++) {
        const struct address *a = &l->places[i];

        if (address_equal(a, &ends->local_address) ||
            (address_is_wildcard(a) &&
             a->family == ends->local_address.family)) {
            return true;
        }
    }
    return false;
}

void
listen_incoming(struct connection *c, const struct msg_incoming *m, int *fd)
{
    struct listener *l = listen_list_find(c, m->id);
    struct forward_offer offer = {0};
    struct peer ends;

    if (l == NULL || l->state != LISTENER_LIVE || *fd < 0 ||
        peer_of_socket(*fd, &ends) < 0) {
        return; /* it was closed, or its client has already gone */
    }
    if (!belongs(l, &ends)) {
        connection_breach(c, "the dialer sent a socket of no listener");
        return;
    }
    offer.host = l->host;
    offer.port = listen_list_port(l);
    offer.peer = ends.address;
    offer.peer_port = ends.port;
    forward_offer_new(c, &offer, *fd);
    *fd = -1;
}

/* ---- closing ---- */

/* sshd compares with the port cut to 16 bits, and so finds what it bound. */
static bool
is_meant(const struct listener *l, const char *host, uint32_t port)
{
    return l->state == LISTENER_LIVE && strcmp(l->host, host) == 0 &&
           listen_list_port(l) == (uint16_t)port;
}

void
listen_close(struct connection *c, const struct msg_listen *m)
{
    char host[REQUEST_TEXT_MAX];
    bool has_nul = request_text(m->host, host);
    bool found = false;
    struct listener *next = NULL;

    for (struct listener *l = c->listeners; l != NULL && !has_nul; l = next) {
        const struct msg_id unbind = {.id = l->number};

        next = l->next;
        if (!is_meant(l, host, m->port)) {
            continue;
        }
        found = true;
        dialer_tell(c->dialer, MSG_UNBIND, &unbind);
        log_end(c, l);
        listen_list_remove(c, l);
    }
    answer(c, m->id, found, 0);
}

void
listeners_lost_dialer(struct connection *c)
{
    while (c->listeners != NULL) {
        struct listener *l = c->listeners;

        if (l->state == LISTENER_LIVE) {
            log_end(c, l);
            listen_list_remove(c, l);
        } else {
            fail(c, l, "the dialer was lost");
        }
    }
}

void
listeners_end(struct connection *c)
{
    while (c->listeners != NULL) {
        struct listener *l = c->listeners;

        if (l->state == LISTENER_LIVE) {
            log_end(c, l);
        }
        listen_list_remove(c, l);
    }
}
