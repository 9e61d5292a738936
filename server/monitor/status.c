#include "server/monitor/status.h"

#include <inttypes.h>
#include <time.h>

#define TAIL_ROOM 200 /* bytes kept for what comes behind a list */

/* ---- the moment ---- */

void
status_collect(struct status *ret, const struct connection *c, int64_t now_s)
{
    *ret = (struct status){
        .who = connection_who(c),
        .since_s = c->since_s,
        .now_s = now_s,
        .loop_ms = uv_now(&c->loop),
        .forwards = c->forwards->first,
        .forward_count = c->forwards->count,
        .listeners = c->listeners,
        .listener_count = listen_list_count(c),
    };
}

/* ---- shared words ---- */

void
status_time(int64_t seconds, char out[STATUS_TIME_MAX])
{
    time_t when = (time_t)seconds;
    struct tm parts = {0};

    gmtime_r(&when, &parts);
    if (strftime(out, STATUS_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        out[0] = '\0';
    }
}

const char *
status_forward_kind(const struct forward *f)
{
    switch (f->kind) {
    case CHANNEL_DIRECT_TCPIP:
        return "direct-tcpip";
    case CHANNEL_FORWARDED_TCPIP:
        return "forwarded-tcpip";
    case CHANNEL_DIRECT_PATH:
        return "direct-streamlocal";
    case CHANNEL_FORWARDED_PATH:
        return "forwarded-streamlocal";
    case CHANNEL_KIND_COUNT:
        break;
    }
    return "unknown";
}

const char *
status_forward_state(const struct forward *f)
{
    switch (f->state) {
    case FORWARD_RESOLVING:
        return "resolving";
    case FORWARD_CONNECTING:
        return "connecting";
    case FORWARD_OFFERED:
        return "offered";
    case FORWARD_OPEN:
        return "open";
    }
    return "unknown";
}

const char *
status_listener_state(const struct listener *l)
{
    switch (l->state) {
    case LISTENER_RESOLVING:
        return "resolving";
    case LISTENER_BINDING:
        return "binding";
    case LISTENER_LIVE:
        return "live";
    }
    return "unknown";
}

uint64_t
status_age_s(const struct status *s, const struct forward *f)
{
    return f->state == FORWARD_OPEN && s->loop_ms > f->opened_ms
               ? (s->loop_ms - f->opened_ms) / 1000
               : 0;
}

/* ---- for people ---- */

static void
add_place(struct page *p, const char *host, bool is_path, uint32_t port)
{
    page_add_peer(p, host);
    if (!is_path) {
        page_add(p, " port %" PRIu32, port);
    }
}

static void
add_forward(struct page *p, const struct status *s, const struct forward *f)
{
    char address[ADDRESS_TEXT_MAX];

    page_add(p, "  %" PRIu32 ": %s ", f->number, status_forward_kind(f));
    add_place(p, f->host, forward_has_path(f), f->port);
    if (f->at.family != ADDRESS_NONE) {
        address_format(&f->at, address);
        page_add(p, " at %s", address);
    }
    if (f->peer[0] != '\0') {
        page_add(p, ", from ");
        page_add_peer(p, f->peer);
        page_add(p, " port %" PRIu32, f->peer_port);
    }
    page_add(p, ", %s", status_forward_state(f));
    if (f->state == FORWARD_OPEN) {
        page_add(p, " for %" PRIu64 " seconds", status_age_s(s, f));
    }
    page_add(p, "\n");
}

static void
add_listener(struct page *p, const struct listener *l)
{
    char address[ADDRESS_TEXT_MAX];

    page_add(p, "  %" PRIu32 ": ", l->number);
    add_place(p, l->host[0] == '\0' ? "\"\"" : l->host, l->is_path, l->port);
    page_add(p, ", %s", status_listener_state(l));
    for (size_t i = 0; i < l->place_count; i++) {
        address_format(&l->places[i], address);
        page_add(p, "%s %s port %u", i == 0 ? " on" : ",", address, l->bound);
    }
    page_add(p, "\n");
}

void
status_write(char out[LIMIT_STATUS_BYTES], const struct status *s)
{
    struct page p = page_over(out, LIMIT_STATUS_BYTES - TAIL_ROOM);
    char since[STATUS_TIME_MAX];
    size_t shown = 0;

    status_time(s->since_s, since);
    page_add(&p, "You are ");
    page_add_peer(&p, s->who.user);
    page_add(&p, ", from %s port %u, since %s.\n", s->who.ip, s->who.port,
             since);
    page_add(&p, "%zu listeners:\n", s->listener_count);
    for (const struct listener *l = s->listeners; l != NULL; l = l->next) {
        size_t before = p.used;

        add_listener(&p, l);
        page_keep(&p, before);
    }
    page_add(&p, "%zu forwards; their bytes are told when they close:\n",
             s->forward_count);
    for (const struct forward *f = s->forwards; f != NULL; f = f->next) {
        size_t before = p.used;

        add_forward(&p, s, f);
        shown += page_keep(&p, before);
    }
    p.size = LIMIT_STATUS_BYTES;
    if (shown < s->forward_count) {
        page_add(&p, "  and %zu more.\n", s->forward_count - shown);
    }
}
