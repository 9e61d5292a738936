/*
 * The way of a listener from the client's question to the dialer's: decide
 * first, then look up what GatewayPorts leaves of the name, then bind.
 */
#include "server/monitor/listen_open.h"

#include <stdio.h>

#include "server/log/log.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/listen.h"
#include "server/monitor/request_text.h"
#include "server/monitor/unprivileged.h"

static void
ask_dialer(struct connection *c, struct listener *l, enum msg_type type,
           const void *m)
{
    uint32_t number = l->number;

    if (dialer_send(c->dialer, type, m) < 0) {
        l = listen_list_find(c, number);
        if (l != NULL) {
            listen_fail(c, l, "the dialer cannot be started");
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
        listen_tell(c, line);
    }
    if (plan.resolve) {
        ask_name(c, l);
        return;
    }
    for (unsigned i = 0; i < plan.count; i++) {
        addresses.list[i] = msg_address_of(&plan.list[i]);
    }
    if (plan.count == 0) {
        listen_fail(c, l, "no address of the configured family");
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
        listen_refuse(c, l, &d);
        return;
    }
    place(c, l, request);
}

/* NULL, and the client has its answer, when there can be no more. */
static struct listener *
begin(struct connection *c, uint32_t id, const char *name)
{
    struct listener *l = listen_list_add(c, id, name);

    if (l == NULL) {
        log_line(LOG_LEVEL_ERROR, "user %.100s has %d listeners, no more",
                 c->user->name, LISTENERS_MAX);
        listen_tell(c, "port forwarding failed: too many listeners");
        listen_answer(c, id, false, 0);
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
    struct listener *l = begin(c, m->id, host);

    if (l != NULL) {
        l->port = m->port;
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
    struct listener *l = begin(c, m->id, path);

    if (l == NULL) {
        return;
    }
    l->is_path = true;
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

    if (l == NULL || l->state != LISTENER_RESOLVING) {
        return;
    }
    if (m->error[0] != '\0' || m->addresses.count == 0) {
        listen_fail(c, l, m->error[0] != '\0' ? m->error : "no address");
        return;
    }
    bind_to(c, l, &m->addresses);
}
