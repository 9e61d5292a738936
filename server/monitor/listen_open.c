/*
 * The way of a listener from the client's question to the dialer's: decide
 * first, then look up what GatewayPorts leaves of the name and decide on each
 * address, then bind.
 */
#include "server/monitor/listen_open.h"

#include <errno.h>
#include <stdio.h>

#include "server/base/shortage.h"
#include "server/base/unprivileged.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/listen.h"
#include "server/monitor/listen_ports.h"
#include "server/monitor/listen_privileged.h"
#include "server/monitor/listen_request.h"
#include "server/monitor/paced_log.h"
#include "server/monitor/request_text.h"

static void
ask_dialer(struct connection *c, struct listener *l, enum msg_type type,
           const void *m)
{
    uint32_t number = l->number;
    int r = dialer_send(c->dialer, type, m);

    l = r < 0 ? listen_list_find(c, number) : NULL;
    if (l != NULL && shortage_is(r)) {
        listen_fail_for(c, l, r);
    } else if (l != NULL) {
        listen_fail(c, l, "the dialer cannot be started");
    }
}

static void
bind_to(struct connection *c, struct listener *l, uint16_t port,
        const struct msg_addresses *addresses)
{
    const struct msg_connect m = {
        .id = l->number,
        .port = port,
        .addresses = *addresses,
    };

    l->state = LISTENER_BINDING;
    ask_dialer(c, l, MSG_BIND, &m);
}

/* The next port that is granted. */
static void
try_port(struct connection *c, struct listener *l)
{
    struct msg_addresses at;
    uint16_t port = listen_ports_next(c, l, &at);

    if (port == 0) {
        listen_fail(c, l, "none of the granted ports is free");
        return;
    }
    bind_to(c, l, port, &at);
}

void
listen_try_again(struct connection *c, struct listener *l,
                 const struct msg_bound *m)
{
    const struct msg_id unbind = {.id = l->number};

    if (m->addresses.count > 0) { /* but not where it was wanted most */
        dialer_tell(c->dialer, MSG_UNBIND, &unbind);
    } else if (m->error != -EADDRINUSE) {
        listen_fail_for(c, l, m->error);
        return;
    }
    try_port(c, l);
}

static void
bind_to_any(struct connection *c, struct listener *l,
            const struct msg_addresses *addresses)
{
    struct decision none = {
        .reason = REASON_NOT_PERMITTED,
        .from = c->settings->grant_listen.from,
    };

    switch (listen_ports_find(c, l, addresses)) {
    case LISTEN_PORTS_ANY:
        bind_to(c, l, 0, addresses);
        return;
    case LISTEN_PORTS_SOME:
        try_port(c, l);
        return;
    case LISTEN_PORTS_NONE:
        break;
    }
    listen_refuse(c, l, &none);
}

static void
bind_here(struct connection *c, struct listener *l,
          const struct msg_addresses *addresses)
{
    uint32_t number = l->number;
    int r = 0;

    l->state = LISTENER_BINDING;
    r = listen_privileged_bind(c, l, addresses);
    l = listen_list_find(c, number);
    if (r < 0 && l != NULL) {
        listen_fail_for(c, l, r);
    }
}

static void
bind_at(struct connection *c, struct listener *l,
        const struct msg_addresses *addresses)
{
    if (l->by_monitor) {
        bind_here(c, l, addresses);
    } else if (l->port == 0) {
        bind_to_any(c, l, addresses);
    } else {
        bind_to(c, l, (uint16_t)l->port, addresses);
    }
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

/* What only PrivilegedPorts grants is never bound at what a name says. */
static void
place_by_name(struct connection *c, struct listener *l)
{
    const struct decision no = {
        .reason = REASON_PRIVILEGED_PORT,
        .from = c->settings->privileged_ports.from,
    };

    if (l->by_monitor) {
        listen_refuse(c, l, &no);
        return;
    }
    ask_name(c, l);
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
        listen_tell(c, line);
    }
    if (plan.resolve) {
        place_by_name(c, l);
        return;
    }
    for (unsigned i = 0; i < plan.count; i++) {
        addresses.list[i] = msg_address_of(&plan.list[i]);
    }
    if (plan.count == 0) {
        listen_fail(c, l, "no address of the configured family");
        return;
    }
    bind_at(c, l, &addresses);
}

static void
decide_listener(struct connection *c, struct listener *l,
                const struct request *request)
{
    struct decision d = decide(c->settings, c->limits, request);

    l->decision = d;
    if (d.verdict != VERDICT_DENY) {
        d = decide_privileged(c->settings, c->user->uid, request->port,
                              unprivileged_start());
        l->by_monitor = d.reason == REASON_PERMITTED;
    }
    if (d.verdict == VERDICT_DENY) {
        listen_refuse(c, l, &d);
        return;
    }
    place(c, l, request);
}

static void
say_full(struct connection *c)
{
    struct words_who who = connection_who(c);
    char line[WORDS_MAX];

    snprintf(line, sizeof(line),
             "user %.100s from %s port %u has %zu listeners, no more", who.user,
             who.ip, who.port, listen_list_count(c));
    paced_log(c, PACED_SHORTAGE, LOG_LEVEL_ERROR, line);
}

/* NULL, and the client has its answer, when there can be no more. */
static struct listener *
begin(struct connection *c, const struct listener *draft)
{
    struct decision d = decide_listeners(c->settings, listen_list_count(c));
    struct listener *l = listen_list_add(c, draft->id, draft->host);

    if (l == NULL) {
        say_full(c);
        listen_tell(c, "port forwarding failed: too many listeners");
        listen_answer(c, draft->id, false, 0);
        return NULL;
    }
    l->is_path = draft->is_path;
    l->port = draft->port;
    if (d.verdict != VERDICT_ALLOW) {
        listen_refuse(c, l, &d);
        return NULL;
    }
    return l;
}

void
listen_open(struct connection *c, const struct msg_listen *m)
{
    char host[REQUEST_TEXT_MAX];
    struct request request = {
        .kind = REQUEST_LISTEN,
        .host = host,
        .port = m->port,
        .has_nul = request_text(m->host, host),
        .wants_reply = m->wants_reply != 0,
    };
    const struct listener draft = {.id = m->id, .host = host, .port = m->port};
    struct listener *l = begin(c, &draft);

    if (l != NULL) {
        decide_listener(c, l, &request);
    }
}

static void
bind_to_path(struct connection *c, struct listener *l)
{
    const struct msg_dial_path m = {
        .id = l->number,
        .path = l->host,
        .mask = (uint32_t)c->settings->stream_local_bind_mask.value,
        .unlink = c->settings->stream_local_bind_unlink.value != 0,
    };

    l->state = LISTENER_BINDING;
    ask_dialer(c, l, MSG_BIND_PATH, &m);
}

void
listen_open_path(struct connection *c, const struct msg_path *m)
{
    char path[REQUEST_TEXT_MAX];
    struct request request = {
        .kind = REQUEST_LISTEN_PATH,
        .path = path,
        .has_nul = request_text(m->path, path),
    };
    const struct listener draft = {
        .id = m->id,
        .is_path = true,
        .host = path,
    };
    struct listener *l = begin(c, &draft);

    if (l == NULL) {
        return;
    }
    l->decision = decide(c->settings, c->limits, &request);
    if (l->decision.verdict != VERDICT_ALLOW) {
        listen_refuse(c, l, &l->decision);
        return;
    }
    bind_to_path(c, l);
}

void
listen_resolved(struct connection *c, const struct msg_resolved *m)
{
    struct listener *l = listen_list_find(c, m->id);
    struct msg_addresses at;
    struct decision why = {0};

    if (l == NULL || l->state != LISTENER_RESOLVING) {
        return;
    }
    if (m->error[0] != '\0' || m->addresses.count == 0) {
        listen_fail(c, l, m->error[0] != '\0' ? m->error : "no address");
        return;
    }
    listen_request_keep(c, l, l->port, &m->addresses, &at, &why);
    if (at.count == 0) {
        listen_refuse(c, l, &why);
        return;
    }
    if (l->decision.verdict == VERDICT_ASK_ADDRESS) {
        l->decision = why;
    }
    bind_at(c, l, &at);
}
