/* What all forwards have in common: they end, one way or another. */
#include "server/monitor/forward.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/file_limit.h"
#include "server/base/shortage.h"
#include "server/limits.h"
#include "server/log/log.h"
#include "server/monitor/console.h"
#include "server/monitor/denial.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/forward_dial.h"
#include "server/monitor/forward_log.h"
#include "server/monitor/paced_log.h"

int
forwards_new(struct connection *c)
{
    c->forwards = calloc(1, sizeof(*c->forwards));
    return c->forwards == NULL ? -ENOMEM : forward_dials_new(c);
}

void
forwards_free(struct connection *c)
{
    forwards_end(c);
    if (c->forwards != NULL) {
        forward_table_done(c->forwards);
    }
    free(c->forwards);
    c->forwards = NULL;
    forward_dials_free(c);
}

bool
forwards_have_room(const struct connection *c, size_t spare)
{
    struct forward_table *t = c->forwards;

    if (t->most_files == 0) {
        t->most_files = file_limit_hard();
    }
    return t->count + spare < t->most_files;
}

struct forward *
forward_add(struct connection *c, uint32_t id, uint32_t number,
            const char *host)
{
    struct words_who who = connection_who(c);
    struct forward *f = NULL;
    char line[WORDS_MAX];

    if (number != 0 && forwards_have_room(c, LIMIT_SPARE_FILES)) {
        f = forward_table_add(c->forwards, id, number, host);
    }
    if (f == NULL) {
        snprintf(line, sizeof(line),
                 "user %.100s from %s port %u has %zu forwards, no more",
                 who.user, who.ip, who.port, c->forwards->count);
        paced_log(c, PACED_SHORTAGE, LOG_LEVEL_ERROR, line);
    }
    return f;
}

static void
forget(struct connection *c, struct forward *f)
{
    forward_dial_end(f);
    forward_table_remove(c->forwards, f);
}

void
forward_answer_no(struct connection *c, uint32_t id, uint32_t reason,
                  const char *text)
{
    const struct msg_refused m = {.id = id, .reason = reason, .text = text};

    connection_send(c, MSG_OPEN_REFUSED, &m, -1);
}

void
forward_fail(struct connection *c, struct forward *f, const char *why)
{
    forward_log_failed(c, f, why);
    forward_answer_no(c, f->id, REFUSED_CONNECT_FAILED, why);
    forget(c, f);
}

void
forward_fail_short(struct connection *c, struct forward *f, int error)
{
    forward_log_short(c, f, strerror(-error));
    forward_answer_no(c, f->id, REFUSED_SHORTAGE, strerror(-error));
    forget(c, f);
}

void
forward_lost_before(struct connection *c, uint32_t number, int error)
{
    struct forward *f = forward_table_by_number(c->forwards, number);

    if (f != NULL && shortage_is(error)) {
        forward_fail_short(c, f, error);
    } else if (f != NULL) {
        forward_fail(c, f, "the dialer cannot be started");
    }
}

void
forward_time_out(struct connection *c, struct forward *f, const char *why)
{
    const struct msg_id m = {.id = f->number};

    if (f->wait == NULL) {
        dialer_tell(c->dialer, MSG_CANCEL, &m);
    }
    forward_log_failed(c, f, why);
    forward_answer_no(c, f->id, REFUSED_CONNECT_FAILED, strerror(ETIMEDOUT));
    forget(c, f);
}

static uint32_t
refusal_code(const struct forward *f, enum reason reason)
{
    if (reason == REASON_TOO_MANY_FORWARDS) {
        return REFUSED_SHORTAGE;
    }
    return forward_has_path(f) ? REFUSED_CONNECT_FAILED : REFUSED_BY_POLICY;
}

void
forward_turn_away(struct connection *c, const struct forward *f,
                  const struct decision *why)
{
    struct words_who who = connection_who(c);
    struct words_forward words = forward_words(f);
    char line[WORDS_MAX], told[DENIAL_MAX];

    denial_reason(told, c->settings, why);
    console_refused(c, &words, told);
    words.peer = f->peer;
    words_open_refused(line, &who, &words, why);
    log_line(LOG_LEVEL_INFO, "%s", line);
    denial_open(told, c->settings, why);
    forward_answer_no(c, f->id, refusal_code(f, why->reason), told);
}

void
forward_refuse(struct connection *c, struct forward *f,
               const struct decision *why)
{
    forward_turn_away(c, f, why);
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

    while (c->forwards != NULL && c->forwards->first != NULL) {
        f = c->forwards->first;
        if (f->state == FORWARD_OPEN) {
            forward_log_closed(c, f, WORDS_BYTES_UNKNOWN, WORDS_BYTES_UNKNOWN);
        } else {
            forward_log_failed(c, f, "the connection ended");
        }
        forget(c, f);
    }
}

void
forwards_lost_dialer(struct connection *c)
{
    struct forward *next = NULL;

    for (struct forward *f = c->forwards->first; f != NULL; f = next) {
        next = f->next;
        if (f->state == FORWARD_RESOLVING ||
            (f->state == FORWARD_CONNECTING && f->wait == NULL)) {
            forward_fail(c, f, "the dialer was lost");
        }
    }
}
