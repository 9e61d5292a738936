/*
 * The way of a forward from the client's question to its socket.  The order
 * is the promise: decide on the name, only then resolve; decide on each
 * address, only then connect; look at the socket, only then hand it over.  A
 * path needs no resolving, and names no address to decide on.
 */
#include "server/monitor/forward_open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/shortage.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/forward.h"
#include "server/monitor/forward_dial.h"
#include "server/monitor/forward_log.h"
#include "server/monitor/forward_socket.h"
#include "server/monitor/forward_timeout.h"
#include "server/monitor/request_text.h"

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
    int r = 0;

    f->state = FORWARD_RESOLVING;
    r = dialer_send(c->dialer, MSG_RESOLVE, &m);
    if (r < 0) {
        forward_lost_before(c, number, r);
    }
}

static void
dial_path(struct connection *c, struct forward *f)
{
    const struct msg_dial_path m = {.id = f->number, .path = f->host};
    uint32_t number = f->number;
    int r = 0;

    f->state = FORWARD_CONNECTING;
    r = dialer_send(c->dialer, MSG_CONNECT_PATH, &m);
    if (r < 0) {
        forward_lost_before(c, number, r);
    }
}

/* NULL, and the client has its answer, when there can be no more. */
static struct forward *
begin(struct connection *c, struct forward *draft)
{
    struct decision d = decide_forwards(c->settings, c->forwards->count);
    struct forward *f = NULL;

    draft->number = connection_number(c);
    if ((draft->id & MSG_ACCEPTED_BIT) != 0 || draft->number == 0 ||
        forward_table_by_id(c->forwards, draft->id) != NULL) {
        connection_breach(c, "a forward with an id that is in use");
        return NULL;
    }
    if (d.verdict != VERDICT_ALLOW) {
        forward_turn_away(c, draft, &d);
        return NULL;
    }
    f = forward_add(c, draft->id, draft->number, draft->host);
    if (f == NULL) {
        forward_answer_no(c, draft->id, REFUSED_SHORTAGE, "too many forwards");
        return NULL;
    }
    f->kind = draft->kind;
    f->port = draft->port;
    f->peer_port = draft->peer_port;
    memcpy(f->peer, draft->peer, sizeof(f->peer));
    forward_timeout_start(c, f);
    return f;
}

/* Also when only the addresses can tell. */
static bool
may_go_on(struct connection *c, struct forward *f,
          const struct request *request)
{
    f->decision = decide(c->settings, c->limits, request);
    if (f->decision.verdict == VERDICT_DENY) {
        forward_refuse(c, f, &f->decision);
        return false;
    }
    return true;
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

    f->candidates = calloc(list->count, sizeof(*f->candidates));
    if (f->candidates == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct address a = {0};
        struct decision d = {0};

        if (msg_address_get(&list->list[i], &a) == 0) {
            d = decide_address(c->settings, &request, &a);
        }
        if (d.verdict == VERDICT_ALLOW) {
            f->candidates[f->candidate_count++] =
                (struct candidate){address_dialled(&a), d};
        } else {
            *ret_why = d;
        }
    }
    return 0;
}

/* These are the addresses of the host. */
static void
go_to(struct connection *c, struct forward *f, const struct msg_addresses *list)
{
    struct decision why = {0};

    if (vet(c, f, list, &why) < 0) {
        forward_fail_short(c, f, -ENOMEM);
        return;
    }
    if (f->candidate_count == 0) {
        forward_refuse(c, f, &why);
        return;
    }
    forward_dial(c, f);
}

/*
 * A host that is an address in plain spelling needs no resolver.  The odd
 * ones, scopes, and the words for an address of the wrong family are the
 * dialer's.
 */
static bool
read_number(const struct connection *c, const struct forward *f,
            struct msg_addresses *ret)
{
    enum address_family wanted = wanted_family(c);
    struct address a;

    if (address_parse(f->host, &a) < 0 || a.scope != 0 ||
        (wanted != ADDRESS_NONE && a.family != wanted)) {
        return false;
    }
    *ret = (struct msg_addresses){.count = 1};
    ret->list[0] = msg_address_of(&a);
    return true;
}

void
forward_open(struct connection *c, const struct msg_open *m)
{
    char host[REQUEST_TEXT_MAX], originator[REQUEST_TEXT_MAX];
    struct request request = {
        .kind = REQUEST_OPEN,
        .host = host,
        .port = m->port,
        .has_nul = request_text(m->host, host),
    };
    struct forward draft = {
        .id = m->id,
        .kind = CHANNEL_DIRECT_TCPIP,
        .host = host,
        .port = m->port,
        .peer_port = m->originator_port,
    };
    struct msg_addresses number;
    struct forward *f = NULL;

    request_text(m->originator, originator);
    snprintf(draft.peer, sizeof(draft.peer), "%.63s", originator);
    f = begin(c, &draft);
    if (f == NULL || !may_go_on(c, f, &request)) {
        return;
    }
    if (read_number(c, f, &number)) {
        go_to(c, f, &number);
    } else {
        resolve(c, f);
    }
}

void
forward_open_path(struct connection *c, const struct msg_path *m)
{
    char path[REQUEST_TEXT_MAX];
    struct request request = {
        .kind = REQUEST_OPEN_PATH,
        .path = path,
        .has_nul = request_text(m->path, path),
    };
    struct forward draft = {
        .id = m->id,
        .kind = CHANNEL_DIRECT_PATH,
        .host = path,
    };
    struct forward *f = begin(c, &draft);

    if (f != NULL && may_go_on(c, f, &request)) {
        dial_path(c, f);
    }
}

bool
forward_resolved(struct connection *c, const struct msg_resolved *m)
{
    struct forward *f = forward_table_by_number(c->forwards, m->id);

    if (f == NULL || f->state != FORWARD_RESOLVING) {
        return f != NULL;
    }
    if (m->lack != 0) {
        forward_fail_short(c, f, m->lack);
    } else if (m->error[0] != '\0') {
        forward_fail(c, f, m->error);
    } else {
        go_to(c, f, &m->addresses);
    }
    return true;
}

/* Is fd what was asked for? */
static bool
is_vetted(const struct forward *f, uint32_t index, int fd)
{
    if (forward_has_path(f)) {
        return forward_socket_has_path(fd);
    }
    return index < f->candidate_count &&
           forward_socket_goes_to(fd, &f->candidates[index].address, f->port);
}

/* The name's rule stands, unless only the address could tell. */
static void
note_place(struct forward *f, const struct candidate *chosen)
{
    f->at = chosen->address;
    if (f->decision.verdict == VERDICT_ASK_ADDRESS) {
        f->decision = chosen->decision;
    }
    free(f->candidates);
    f->candidates = NULL;
}

static void
hand_over(struct connection *c, struct forward *f, int *fd)
{
    const struct msg_id m = {.id = f->id};

    forward_dial_end(f);
    f->state = FORWARD_OPEN;
    f->opened_ms = uv_now(&c->loop);
    connection_send(c, MSG_OPENED, &m, *fd);
    *fd = -1;
    forward_log_opened(c, f);
}

/* -EAGAIN: too many connects under way; of a path it is the service's queue. */
static bool
is_short_of(const struct forward *f, int error)
{
    return shortage_is(error) || (error == -EAGAIN && !forward_has_path(f));
}

void
forward_connected(struct connection *c, const struct msg_connected *m, int *fd)
{
    struct forward *f = forward_table_by_number(c->forwards, m->id);

    if (f == NULL || f->state != FORWARD_CONNECTING) {
        return; /* it was cancelled meanwhile */
    }
    if (is_short_of(f, m->error)) {
        forward_fail_short(c, f, m->error);
        return;
    }
    if (m->error != 0) {
        forward_fail(c, f, strerror(m->error < 0 ? -m->error : EPROTO));
        return;
    }
    if (*fd < 0) {
        forward_fail_short(c, f, -EMFILE);
        return;
    }
    if (!is_vetted(f, m->index, *fd)) {
        if (forward_socket_is_dead(*fd)) { /* asked last: it may just die */
            forward_fail(c, f, strerror(ECONNRESET));
            return;
        }
        connection_breach(c, "the dialer sent another socket than asked for");
        return;
    }
    if (f->candidates != NULL) {
        note_place(f, &f->candidates[m->index]);
    }
    hand_over(c, f, fd);
}
