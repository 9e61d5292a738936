/*
 * What all listeners have in common.  One is known by the exact bytes that
 * the client asked with (semantics B.4, B.6), whatever it was bound to.
 */
#include "server/monitor/listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/shortage.h"
#include "server/log/log.h"
#include "server/monitor/console.h"
#include "server/monitor/denial.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/forward_offer.h"
#include "server/monitor/forward_socket.h"
#include "server/monitor/listen_open.h"
#include "server/monitor/listen_ports.h"
#include "server/monitor/paced_log.h"
#include "server/monitor/request_text.h"

/* ---- answers ---- */

void
listen_answer(struct connection *c, uint32_t id, bool ok, uint32_t port)
{
    const struct msg_listen_done m = {.id = id, .ok = ok, .port = port};

    connection_send(c, MSG_LISTEN_DONE, &m, -1);
}

void
listen_tell(struct connection *c, const char *text)
{
    const struct msg_text m = {.text = text};

    connection_send(c, MSG_DEBUG, &m, -1);
}

static struct words_listener
listener_words(const struct listener *l)
{
    return (struct words_listener){
        .is_path = l->is_path,
        .host = l->host,
        .port = listen_list_port(l),
    };
}

static void
tell_refusal(struct connection *c, const struct listener *l,
             const struct decision *why, const char *told)
{
    char line[WORDS_MAX];

    if (reason_is_switch(why->reason)) {
        listen_tell(c, l->is_path
                           ? "Server has disabled streamlocal forwarding."
                           : "Server has disabled port forwarding.");
        return;
    }
    snprintf(line, sizeof(line), "port forwarding refused%s%s",
             told[0] == '\0' ? "" : ": ", told);
    listen_tell(c, line);
}

void
listen_refuse(struct connection *c, struct listener *l,
              const struct decision *why)
{
    struct words_who who = connection_who(c);
    struct words_listener words = listener_words(l);
    char line[WORDS_MAX], told[DENIAL_MAX];

    words_listen_refused(line, &who, &words, why);
    log_line(LOG_LEVEL_INFO, "%s", line);
    denial_reason(told, c->settings, why);
    tell_refusal(c, l, why, told);
    console_listen_refused(c, &words, told);
    listen_answer(c, l->id, false, 0);
    listen_list_remove(c, l);
}

static void
fail(struct connection *c, struct listener *l, const char *why, bool is_short)
{
    struct words_who who = connection_who(c);
    struct words_listener words = listener_words(l);
    char line[WORDS_MAX];

    words_listen_failed(line, &who, &words, why);
    if (is_short) {
        paced_log(c, PACED_SHORTAGE, LOG_LEVEL_ERROR, line);
    } else {
        log_line(LOG_LEVEL_INFO, "%s", line);
    }
    snprintf(line, sizeof(line), "port forwarding failed: %.200s", why);
    listen_tell(c, line);
    console_listen_failed(c, &words, why);
    listen_answer(c, l->id, false, 0);
    listen_list_remove(c, l);
}

void
listen_fail(struct connection *c, struct listener *l, const char *why)
{
    fail(c, l, why, false);
}

void
listen_fail_for(struct connection *c, struct listener *l, int error)
{
    fail(c, l, strerror(error < 0 ? -error : EPROTO), shortage_is(error));
}

static void
log_end(struct connection *c, struct listener *l)
{
    struct words_who who = connection_who(c);
    struct words_listener words = listener_words(l);
    char line[WORDS_MAX];

    words_listen_closed(line, &who, &words);
    log_line(LOG_LEVEL_INFO, "%s", line);
    console_listen_closed(c, &words);
}

static void
note_places(struct listener *l, const struct msg_bound *m)
{
    l->bound = m->port;
    for (uint32_t i = 0; i < m->addresses.count; i++) {
        if (msg_address_get(&m->addresses.list[i],
                            &l->places[l->place_count]) == 0) {
            l->place_count++;
        }
    }
}

static void
go_live(struct connection *c, struct listener *l, const struct msg_bound *m)
{
    struct words_who who = connection_who(c);
    struct words_listener words;
    char line[WORDS_MAX];

    l->state = LISTENER_LIVE;
    free(l->ports);
    l->ports = NULL;
    if (!l->is_path) {
        note_places(l, m);
    }
    words = listener_words(l);
    console_listen_opened(c, &words);
    words.port = l->port; /* the log also has what was asked for */
    words_listen_opened(line, &who, &words, l->places, l->place_count, l->bound,
                        &l->decision);
    log_line(LOG_LEVEL_INFO, "%s", line);
    listen_answer(c, l->id, true, l->port == 0 ? l->bound : 0);
}

void
listen_bound(struct connection *c, const struct msg_bound *m)
{
    struct listener *l = listen_list_find(c, m->id);

    if (l == NULL || l->state != LISTENER_BINDING) {
        return;
    }
    if (l->ports != NULL && !listen_ports_has(l, m)) {
        listen_try_again(c, l, m);
        return;
    }
    if (l->is_path ? m->error != 0 : m->addresses.count == 0) {
        listen_fail_for(c, l, m->error);
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

/* ListenFrom; who comes by a path has no address. */
static bool
may_come(struct connection *c, const struct forward_offer *offer)
{
    struct decision d = {0};

    if (offer->is_path) {
        return true;
    }
    d = decide_source(c->settings, &offer->peer);
    if (d.verdict != VERDICT_ALLOW) {
        forward_offer_refuse(c, offer, &d);
    }
    return d.verdict == VERDICT_ALLOW;
}

/* The dialer cannot accept, or we cannot take what it accepted. */
static void
say_out_of_files(struct connection *c)
{
    struct words_who who = connection_who(c);
    char line[WORDS_MAX];

    snprintf(line, sizeof(line),
             "user %.100s from %s port %u: cannot accept for a listener: %s",
             who.user, who.ip, who.port, strerror(EMFILE));
    paced_log(c, PACED_SHORTAGE, LOG_LEVEL_ERROR, line);
}

void
listen_incoming(struct connection *c, const struct msg_incoming *m, int *fd)
{
    struct listener *l = listen_list_find(c, m->id);
    struct forward_offer offer = {0};
    struct peer ends;

    if (l != NULL && *fd < 0) {
        say_out_of_files(c);
    }
    if (l == NULL || l->state != LISTENER_LIVE || *fd < 0 ||
        peer_of_socket(*fd, &ends) < 0) {
        return; /* it was closed, or its client has already gone */
    }
    if (l->is_path ? !forward_socket_came_by(*fd, l->host)
                   : !belongs(l, &ends)) {
        connection_breach(c, "the dialer sent a socket of no listener");
        return;
    }
    offer.is_path = l->is_path;
    offer.host = l->host;
    offer.port = listen_list_port(l);
    offer.peer = ends.address;
    offer.peer_port = ends.port;
    if (may_come(c, &offer)) {
        forward_offer_new(c, &offer, *fd);
        *fd = -1;
    }
}

/* ---- closing ---- */

/* Close every live listener of this name; answer whether there was one. */
static void
close_named(struct connection *c, uint32_t id, const struct words_listener *of)
{
    bool found = false;
    struct listener *next = NULL;

    for (struct listener *l = c->listeners; l != NULL; l = next) {
        const struct msg_id unbind = {.id = l->number};

        next = l->next;
        if (l->state != LISTENER_LIVE || l->is_path != of->is_path ||
            strcmp(l->host, of->host) != 0 || listen_list_port(l) != of->port) {
            continue;
        }
        found = true;
        dialer_tell(c->dialer, MSG_UNBIND, &unbind);
        log_end(c, l);
        listen_list_remove(c, l);
    }
    listen_answer(c, id, found, 0);
}

/* sshd compares with the port cut to 16 bits, and so finds what it bound. */
void
listen_close(struct connection *c, const struct msg_listen *m)
{
    char host[REQUEST_TEXT_MAX];
    const struct words_listener of = {
        .host = host,
        .port = (uint16_t)m->port,
    };

    if (request_text(m->host, host)) {
        listen_answer(c, m->id, false, 0);
        return;
    }
    close_named(c, m->id, &of);
}

void
listen_close_path(struct connection *c, const struct msg_path *m)
{
    char path[REQUEST_TEXT_MAX];
    const struct words_listener of = {.is_path = true, .host = path};

    if (request_text(m->path, path)) {
        listen_answer(c, m->id, false, 0);
        return;
    }
    close_named(c, m->id, &of);
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
            listen_fail(c, l, "the dialer was lost");
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
