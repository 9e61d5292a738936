/* Log readers depend on these sentences: they are all here, and tested. */
#include "server/monitor/words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RULE_MAX 300
#define COUNT_MAX 24
#define SUBJECT_MAX 512
#define PLACE_MAX (ADDRESS_TEXT_MAX + 24)
#define WHO "user %.100s from %s port %u"
#define HOST "%.255s"

void
words_rule(const struct origin *from, char *out, size_t size)
{
    if (from->file == NULL || from->line == 0) {
        snprintf(out, size, "default");
        return;
    }
    snprintf(out, size, "%.255s:%u", from->file, from->line);
}

/* "direct-tcpip to HOST port P", "forwarded-tcpip HOST port P from ...",
 * "direct-streamlocal to PATH", "forwarded-streamlocal PATH". */
static void
subject(const struct words_forward *f, char out[SUBJECT_MAX])
{
    switch (f->kind) {
    case CHANNEL_DIRECT_TCPIP:
        snprintf(out, SUBJECT_MAX, "direct-tcpip to " HOST " port %" PRIu32,
                 f->host, f->port);
        return;
    case CHANNEL_FORWARDED_TCPIP:
        snprintf(out, SUBJECT_MAX,
                 "forwarded-tcpip " HOST " port %" PRIu32
                 " from %.64s port %" PRIu32,
                 f->host, f->port, f->peer, f->peer_port);
        return;
    case CHANNEL_DIRECT_PATH:
        snprintf(out, SUBJECT_MAX, "direct-streamlocal to " HOST, f->host);
        return;
    case CHANNEL_FORWARDED_PATH:
        snprintf(out, SUBJECT_MAX, "forwarded-streamlocal " HOST, f->host);
        return;
    case CHANNEL_KIND_COUNT:
        break;
    }
    snprintf(out, SUBJECT_MAX, "unknown");
}

/* "tcpip-forward HOST port P", "streamlocal-forward PATH". */
static void
listen_subject(const struct words_listener *l, char out[SUBJECT_MAX])
{
    if (l->is_path) {
        snprintf(out, SUBJECT_MAX, "streamlocal-forward " HOST, l->host);
        return;
    }
    snprintf(out, SUBJECT_MAX, "tcpip-forward " HOST " port %" PRIu32, l->host,
             l->port);
}

void
words_forward_opened(char out[WORDS_MAX], const struct words_who *who,
                     const struct words_forward *f, const struct address *at,
                     const struct decision *why)
{
    char what[SUBJECT_MAX], rule[RULE_MAX], address[ADDRESS_TEXT_MAX];
    char place[PLACE_MAX] = "";
    int n = 0;

    subject(f, what);
    n = snprintf(out, WORDS_MAX, "forward %" PRIu32 " opened: " WHO ", %s",
                 f->number, who->user, who->ip, who->port, what);
    if (why == NULL || n < 0 || n >= WORDS_MAX) {
        return;
    }
    if (at != NULL) {
        address_format(at, address);
        snprintf(place, sizeof(place), " at %s port %" PRIu32, address,
                 f->port);
    }
    words_rule(&why->from, rule, sizeof(rule));
    snprintf(out + n, WORDS_MAX - (size_t)n, "%s, %s by %s", place,
             reason_name(why->reason), rule);
}

static void
count_words(uint64_t count, char out[COUNT_MAX])
{
    if (count == WORDS_BYTES_UNKNOWN) {
        snprintf(out, COUNT_MAX, "unknown");
        return;
    }
    snprintf(out, COUNT_MAX, "%" PRIu64, count);
}

void
words_forward_closed(char out[WORDS_MAX], const struct words_who *who,
                     const struct words_forward *f, uint64_t bytes_up,
                     uint64_t bytes_down, uint64_t duration_ms)
{
    char what[SUBJECT_MAX], up[COUNT_MAX], down[COUNT_MAX];

    subject(f, what);
    count_words(bytes_up, up);
    count_words(bytes_down, down);
    snprintf(out, WORDS_MAX,
             "forward %" PRIu32 " closed: " WHO ", %s, %s bytes up, "
             "%s bytes down, %" PRIu64 ".%03u seconds",
             f->number, who->user, who->ip, who->port, what, up, down,
             duration_ms / 1000, (unsigned)(duration_ms % 1000));
}

void
words_forward_failed(char out[WORDS_MAX], const struct words_who *who,
                     const struct words_forward *f, const char *why)
{
    char what[SUBJECT_MAX];

    subject(f, what);
    snprintf(out, WORDS_MAX, "forward %" PRIu32 " failed: " WHO ", %s: %.255s",
             f->number, who->user, who->ip, who->port, what, why);
}

/* For sshd's readers: the place of the originator, which nobody asks for. */
static void
path_refused(char out[WORDS_MAX], const struct words_who *who,
             const struct words_forward *f, const struct decision *why)
{
    char rule[RULE_MAX];

    words_rule(&why->from, rule, sizeof(rule));
    if (reason_is_switch(why->reason)) {
        snprintf(out, WORDS_MAX,
                 "refused streamlocal port forward: originator UNKNOWN port 0, "
                 "target " HOST "; " WHO ", %s by %s",
                 f->host, who->user, who->ip, who->port,
                 reason_name(why->reason), rule);
        return;
    }
    snprintf(out, WORDS_MAX,
             "Received request from %s port %u to connect to path " HOST
             ", but the request was denied; user %.100s, %s by %s",
             who->ip, who->port, f->host, who->user, reason_name(why->reason),
             rule);
}

void
words_open_refused(char out[WORDS_MAX], const struct words_who *who,
                   const struct words_forward *f, const struct decision *why)
{
    char rule[RULE_MAX];

    if (f->kind == CHANNEL_DIRECT_PATH) {
        path_refused(out, who, f, why);
        return;
    }
    words_rule(&why->from, rule, sizeof(rule));
    if (reason_is_switch(why->reason)) {
        snprintf(out, WORDS_MAX,
                 "refused local port forward: originator %.64s port %" PRIu32
                 ", target " HOST " port %" PRIu32 "; " WHO ", %s by %s",
                 f->peer, f->peer_port, f->host, f->port, who->user, who->ip,
                 who->port, reason_name(why->reason), rule);
        return;
    }
    snprintf(out, WORDS_MAX,
             "Received request from %s port %u to connect to host " HOST
             " port %" PRIu32 ", but the request was denied; user %.100s, "
             "%s by %s",
             who->ip, who->port, f->host, f->port, who->user,
             reason_name(why->reason), rule);
}

void
words_offer_refused(char out[WORDS_MAX], const struct words_who *who,
                    const struct words_forward *f, const struct decision *why)
{
    char what[SUBJECT_MAX], rule[RULE_MAX];

    subject(f, what);
    words_rule(&why->from, rule, sizeof(rule));
    snprintf(out, WORDS_MAX,
             "refused connection to listener: " WHO ", %.400s, %s by %s",
             who->user, who->ip, who->port, what, reason_name(why->reason),
             rule);
}

void
words_listen_refused(char out[WORDS_MAX], const struct words_who *who,
                     const struct words_listener *l, const struct decision *why)
{
    char place[SUBJECT_MAX], rule[RULE_MAX];

    if (l->is_path) {
        snprintf(place, sizeof(place), "path \"" HOST "\"", l->host);
    } else {
        snprintf(place, sizeof(place), "host " HOST " port %" PRIu32, l->host,
                 l->port);
    }
    words_rule(&why->from, rule, sizeof(rule));
    snprintf(out, WORDS_MAX,
             "Received request from %s port %u to remote forward to %s, but "
             "the request was denied; user %.100s, %s by %s",
             who->ip, who->port, place, who->user, reason_name(why->reason),
             rule);
}

void
words_listen_opened(char out[WORDS_MAX], const struct words_who *who,
                    const struct words_listener *l, const struct address *list,
                    size_t count, uint16_t bound, const struct decision *why)
{
    char what[SUBJECT_MAX], places[240] = "", rule[RULE_MAX];
    char address[ADDRESS_TEXT_MAX];
    size_t used = 0;

    for (size_t i = 0; i < count && used < sizeof(places); i++) {
        address_format(&list[i], address);
        used += (size_t)snprintf(places + used, sizeof(places) - used,
                                 "%s%s port %u", i == 0 ? " on " : ", ",
                                 address, bound);
    }
    listen_subject(l, what);
    words_rule(&why->from, rule, sizeof(rule));
    snprintf(out, WORDS_MAX, "listen opened: " WHO ", %.320s%s, %s by %s",
             who->user, who->ip, who->port, what, places,
             reason_name(why->reason), rule);
}

void
words_listen_closed(char out[WORDS_MAX], const struct words_who *who,
                    const struct words_listener *l)
{
    char what[SUBJECT_MAX];

    listen_subject(l, what);
    snprintf(out, WORDS_MAX, "listen closed: " WHO ", %s", who->user, who->ip,
             who->port, what);
}

void
words_listen_failed(char out[WORDS_MAX], const struct words_who *who,
                    const struct words_listener *l, const char *why)
{
    char what[SUBJECT_MAX];

    listen_subject(l, what);
    snprintf(out, WORDS_MAX, "listen failed: " WHO ", %s: %.255s", who->user,
             who->ip, who->port, what, why);
}

const char *
words_refusal(enum reason reason)
{
    if (reason == REASON_BAD_PORT) {
        return "bad port";
    }
    if (reason == REASON_BAD_NAME) {
        return "bad host name";
    }
    if (reason == REASON_BAD_PATH) {
        return "bad path";
    }
    if (reason == REASON_TOO_MANY_FORWARDS) {
        return "too many forwards";
    }
    return "not permitted";
}
