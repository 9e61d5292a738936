/* For programs: every text of a peer is escaped, and the object is whole. */
#include <inttypes.h>

#include "server/monitor/status.h"

#define TAIL_ROOM 400 /* bytes kept for what comes behind the lists */

static void
add_origin(struct page *p, const struct status *s)
{
    char since[STATUS_TIME_MAX];

    status_time(s->since_s, since);
    page_add(p, "{\"user\":");
    page_add_json(p, s->who.user);
    page_add(p, ",\"ip\":");
    page_add_json(p, s->who.ip);
    page_add(p, ",\"port\":%u,\"since\":\"%s\",\"seconds\":%" PRId64,
             s->who.port, since,
             s->now_s > s->since_s ? s->now_s - s->since_s : 0);
}

/* "host" and "port", or "path": as the client asked. */
static void
add_place(struct page *p, const char *host, bool is_path, uint32_t port)
{
    page_add(p, is_path ? ",\"path\":" : ",\"host\":");
    page_add_json(p, host);
    if (!is_path) {
        page_add(p, ",\"port\":%" PRIu32, port);
    }
}

static void
add_forward(struct page *p, const struct status *s, const struct forward *f)
{
    char address[ADDRESS_TEXT_MAX];

    page_add(p, "{\"id\":%" PRIu32 ",\"kind\":\"%s\",\"state\":\"%s\"",
             f->number, status_forward_kind(f), status_forward_state(f));
    add_place(p, f->host, forward_has_path(f), f->port);
    if (f->at.family != ADDRESS_NONE) {
        address_format(&f->at, address);
        page_add(p, ",\"address\":\"%s\"", address);
    }
    if (f->peer[0] != '\0') {
        page_add(p, ",\"peer\":");
        page_add_json(p, f->peer);
        page_add(p, ",\"peer_port\":%" PRIu32, f->peer_port);
    }
    page_add(p, ",\"seconds\":%" PRIu64 "}", status_age_s(s, f));
}

static void
add_listener(struct page *p, const struct listener *l)
{
    char address[ADDRESS_TEXT_MAX];

    page_add(p, "{\"id\":%" PRIu32 ",\"state\":\"%s\"", l->number,
             status_listener_state(l));
    add_place(p, l->host, l->is_path, l->port);
    if (!l->is_path) {
        page_add(p, ",\"bound_port\":%u", l->bound);
    }
    page_add(p, ",\"addresses\":[");
    for (size_t i = 0; i < l->place_count; i++) {
        address_format(&l->places[i], address);
        page_add(p, "%s\"%s\"", i == 0 ? "" : ",", address);
    }
    page_add(p, "]}");
}

static size_t
add_listeners(struct page *p, const struct status *s)
{
    size_t shown = 0;

    page_add(p, ",\"listeners\":[");
    for (const struct listener *l = s->listeners; l != NULL; l = l->next) {
        size_t before = p->used;

        page_add(p, "%s", shown == 0 ? "" : ",");
        add_listener(p, l);
        shown += page_keep(p, before);
    }
    return shown;
}

static size_t
add_forwards(struct page *p, const struct status *s)
{
    size_t shown = 0;

    page_add(p, "],\"forwards\":[");
    for (const struct forward *f = s->forwards; f != NULL; f = f->next) {
        size_t before = p->used;

        page_add(p, "%s", shown == 0 ? "" : ",");
        add_forward(p, s, f);
        shown += page_keep(p, before);
    }
    return shown;
}

void
status_write_json(char out[LIMIT_STATUS_BYTES], const struct status *s)
{
    struct page p = page_over(out, LIMIT_STATUS_BYTES - TAIL_ROOM);
    size_t listeners = 0, forwards = 0;

    add_origin(&p, s);
    listeners = add_listeners(&p, s);
    p.size += TAIL_ROOM / 4; /* "forwards" begins, however full it is */
    forwards = add_forwards(&p, s);
    p.size = LIMIT_STATUS_BYTES;
    page_add(&p,
             "],\"listener_count\":%zu,\"forward_count\":%zu,"
             "\"left_out\":%zu}\n",
             s->listener_count, s->forward_count,
             s->listener_count - listeners + s->forward_count - forwards);
}
