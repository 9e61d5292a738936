/*
 * The life of a direct-tcpip forward, and every forward's end.  The order is
 * the promise: decide on the name, only then resolve; decide on each address,
 * only then connect; look at the socket, only then hand it over.
 */
#include "server/monitor/forward.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/log/log.h"
#include "server/monitor/console.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/forward_log.h"
#include "server/monitor/request_text.h"

#define REFUSED_BY_POLICY 1 /* RFC 4254 section 5.1 */
#define REFUSED_CONNECT_FAILED 2
#define REFUSED_SHORTAGE 4

int
forwards_new(struct connection *c)
{
    c->forwards = calloc(1, sizeof(*c->forwards));
    return c->forwards == NULL ? -ENOMEM : 0;
}

void
forwards_free(struct connection *c)
{
    forwards_end(c);
    free(c->forwards);
    c->forwards = NULL;
}

static void
forget(struct connection *c, struct forward *f)
{
    forward_table_remove(c->forwards, f);
}

/* ---- the ends ---- */

static void
send_refusal(struct connection *c, uint32_t id, uint32_t reason,
             const char *text)
{
    const struct msg_refused m = {.id = id, .reason = reason, .text = text};

    connection_send(c, MSG_OPEN_REFUSED, &m, -1);
}

static void
fail(struct connection *c, struct forward *f, const char *why)
{
    forward_log_failed(c, f, why);
    send_refusal(c, f->id, REFUSED_CONNECT_FAILED, why);
    forget(c, f);
}

static void
refuse(struct connection *c, struct forward *f, const struct decision *why)
{
    struct words_who who = connection_who(c);
    struct words_forward words = forward_words(f);
    char line[WORDS_MAX];

    console_refused(c, &words, words_refusal(why->reason));
    words.peer = f->peer;
    words_open_refused(line, &who, &words, why);
    log_line(LOG_LEVEL_INFO, "%s", line);
    send_refusal(c, f->id, REFUSED_BY_POLICY, words_refusal(why->reason));
    forget(c, f);
}

void
forward_closed(struct connection *c, const struct msg_forward_closed *m)
{
    struct forward *f = forward_table_by_id(c->forwards, m->id);

    if (f == NULL || f->state != FORWARD_OPEN) {
        return; /* it was cancelled meanwhile */
    }
    forward_log_closed(c, f, m->bytes_up, m->bytes_down);
    forget(c, f);
}

void
forwards_end(struct connection *c)
{
    struct forward *f = NULL;

    if (c->forwards == NULL) {
        return;
    }
    f = forward_table_next(c->forwards, NULL);
    while (f != NULL) {
        if (f->state == FORWARD_OPEN) {
            forward_log_closed(c, f, WORDS_BYTES_UNKNOWN, WORDS_BYTES_UNKNOWN);
        } else {
            forward_log_failed(c, f, "the connection ended");
        }
        forget(c, f);
        f = forward_table_next(c->forwards, NULL);
    }
}

void
forward_cancel(struct connection *c, uint32_t id)
{
    struct forward *f = forward_table_by_id(c->forwards, id);

    if (f == NULL) {
        return; /* our answer crossed it */
    }
    if (f->state == FORWARD_OPEN) {
        forward_log_closed(c, f, 0, 0);
    } else {
        const struct msg_id m = {.id = f->number};

        dialer_tell(c->dialer, MSG_CANCEL, &m);
        forward_log_failed(c, f, "cancelled by the client");
    }
    forget(c, f);
}

void
forwards_lost_dialer(struct connection *c)
{
    struct forward *f = forward_table_next(c->forwards, NULL);

    while (f != NULL) {
        if (f->state == FORWARD_RESOLVING || f->state == FORWARD_CONNECTING) {
            fail(c, f, "the dialer was lost");
            f = NULL;
        }
        f = forward_table_next(c->forwards, f);
    }
}

/* ---- direct-tcpip ---- */

static enum address_family
wanted_family(const struct connection *c)
{
    switch ((enum family_choice)c->settings->address_family.value) {
    case FAMILY_INET:
        return ADDRESS_V4;
    case FAMILY_INET6:
        return ADDRESS_V6;
    case FAMILY_ANY:
        break;
    }
    return ADDRESS_NONE;
}

static void
resolve(struct connection *c, struct forward *f)
{
    const struct msg_resolve m = {
        .id = f->number,
        .host = f->host,
        .family = (uint8_t)wanted_family(c),
    };
    uint32_t number = f->number;

    f->state = FORWARD_RESOLVING;
    if (dialer_send(c->dialer, MSG_RESOLVE, &m) < 0) {
        f = forward_table_by_number(c->forwards, number);
        if (f != NULL) {
            fail(c, f, "the dialer cannot be started");
        }
    }
}

static void
open_new(struct connection *c, struct forward *f, bool has_nul)
{
    const struct request request = {
        .kind = REQUEST_OPEN,
        .host = f->host,
        .port = f->port,
        .has_nul = has_nul,
    };

    f->decision = decide(c->settings, c->limits, &request);
    if (f->decision.verdict != VERDICT_ALLOW) {
        refuse(c, f, &f->decision);
        return;
    }
    resolve(c, f);
}

void
forward_open(struct connection *c, const struct msg_open *m)
{
    struct forward *f = NULL;
    char host[REQUEST_TEXT_MAX], originator[REQUEST_TEXT_MAX];
    bool has_nul = request_text(m->host, host);
    uint32_t number = connection_number(c);

    if ((m->id & MSG_ACCEPTED_BIT) != 0 || number == 0 ||
        forward_table_by_id(c->forwards, m->id) != NULL) {
        connection_breach(c, "a forward with an id that is in use");
        return;
    }
    f = forward_table_add(c->forwards, m->id, number, host);
    if (f == NULL) {
        log_line(LOG_LEVEL_ERROR, "user %.100s has %d forwards, no more",
                 c->user->name, FORWARDS_MAX);
        send_refusal(c, m->id, REFUSED_SHORTAGE, "too many forwards");
        return;
    }
    request_text(m->originator, originator);
    snprintf(f->peer, sizeof(f->peer), "%.63s", originator);
    f->peer_port = m->originator_port;
    f->port = m->port;
    open_new(c, f, has_nul);
}

/* Keep what policy lets us dial.  *ret_why is the last refusal. */
static int
vet(struct connection *c, struct forward *f, const struct msg_addresses *list,
    struct decision *ret_why)
{
    const struct request request = {
        .kind = REQUEST_OPEN,
        .host = f->host,
        .port = f->port,
    };

    f->candidates = calloc(MSG_ADDRESS_MAX, sizeof(*f->candidates));
    if (f->candidates == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct address a = {0};
        struct decision d = {0};

        if (msg_address_get(&list->list[i], &a) == 0) {
            a = address_dialled(&a);
            d = decide_address(c->settings, &request, &a);
        }
        if (d.verdict == VERDICT_ALLOW) {
            f->candidates[f->candidate_count++] = a;
        } else {
            *ret_why = d;
        }
    }
    return 0;
}

static void
dial(struct connection *c, struct forward *f)
{
    struct msg_connect m = {
        .id = f->number,
        .port = (uint16_t)f->port,
        .addresses = {.count = (uint32_t)f->candidate_count},
    };

    for (size_t i = 0; i < f->candidate_count; i++) {
        m.addresses.list[i] = msg_address_of(&f->candidates[i]);
    }
    f->state = FORWARD_CONNECTING;
    dialer_tell(c->dialer, MSG_CONNECT, &m);
}

bool
forward_resolved(struct connection *c, const struct msg_resolved *m)
{
    struct forward *f = forward_table_by_number(c->forwards, m->id);
    struct decision why = {0};

    if (f == NULL || f->state != FORWARD_RESOLVING) {
        return f != NULL;
    }
    if (m->error[0] != '\0') {
        fail(c, f, m->error);
        return true;
    }
    if (vet(c, f, &m->addresses, &why) < 0) {
        fail(c, f, strerror(ENOMEM));
        return true;
    }
    if (f->candidate_count == 0) {
        refuse(c, f, &why);
        return true;
    }
    dial(c, f);
    return true;
}

/* Is fd a connection to exactly the vetted address?  The dialer is not
 * believed: its user may be the one who attacks. */
static bool
is_vetted(const struct forward *f, uint32_t index, int fd)
{
    struct peer peer;
    int type = 0;
    socklen_t size = sizeof(type);

    return index < f->candidate_count && fd >= 0 &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_STREAM && peer_of_socket(fd, &peer) == 0 &&
           address_equal(&peer.address, &f->candidates[index]) &&
           peer.port == f->port;
}

static void
hand_over(struct connection *c, struct forward *f, int *fd)
{
    const struct msg_id m = {.id = f->id};

    f->state = FORWARD_OPEN;
    f->opened_ms = uv_now(&c->loop);
    connection_send(c, MSG_OPENED, &m, *fd);
    *fd = -1;
    forward_log_opened(c, f);
}

void
forward_connected(struct connection *c, const struct msg_connected *m, int *fd)
{
    struct forward *f = forward_table_by_number(c->forwards, m->id);

    if (f == NULL || f->state != FORWARD_CONNECTING) {
        return; /* it was cancelled meanwhile */
    }
    if (m->error != 0) {
        fail(c, f, strerror(m->error < 0 ? -m->error : EPROTO));
        return;
    }
    if (*fd < 0) {
        fail(c, f, strerror(EMFILE));
        return;
    }
    if (!is_vetted(f, m->index, *fd)) {
        connection_breach(c, "the dialer sent another socket than asked for");
        return;
    }
    f->at = f->candidates[m->index];
    free(f->candidates);
    f->candidates = NULL;
    hand_over(c, f, fd);
}
