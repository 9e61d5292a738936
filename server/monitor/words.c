/* Log readers depend on these sentences: they are all here, and tested. */
#include "server/monitor/words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RULE_MAX 300
#define COUNT_MAX 24
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

/* "direct-tcpip to HOST port P", "forwarded-tcpip HOST port P from ...". */
static void
subject(const struct words_forward *f, char *out, size_t size)
{
    if (f->peer == NULL) {
        snprintf(out, size, "direct-tcpip to " HOST " port %" PRIu32, f->host,
                 f->port);
        return;
    }
    snprintf(out, size,
             "forwarded-tcpip " HOST " port %" PRIu32
             " from %.64s port %" PRIu32,
             f->host, f->port, f->peer, f->peer_port);
}

void
words_forward_opened(char out[WORDS_MAX], const struct words_who *who,
                     const struct words_forward *f, const struct address *at,
                     const struct decision *why)
{
    char what[512], rule[RULE_MAX], address[ADDRESS_TEXT_MAX];
    int n = 0;

    subject(f, what, sizeof(what));
    n = snprintf(out, WORDS_MAX, "forward %" PRIu32 " opened: " WHO ", %s",
                 f->number, who->user, who->ip, who->port, what);
    if (at == NULL || n < 0 || n >= WORDS_MAX) {
        return;
    }
    words_rule(&why->from, rule, sizeof(rule));
    address_format(at, address);
    snprintf(out + n, WORDS_MAX - (size_t)n,
             " at %s port %" PRIu32 ", %s by %s", address, f->port,
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
    char what[512], up[COUNT_MAX], down[COUNT_MAX];

    subject(f, what, sizeof(what));
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
    char what[512];

    subject(f, what, sizeof(what));
    snprintf(out, WORDS_MAX, "forward %" PRIu32 " failed: " WHO ", %s: %.255s",
             f->number, who->user, who->ip, who->port, what, why);
}

/* Did a switch refuse, and not a list or the form of the request? */
static bool
is_coarse(enum reason reason)
{
    return reason == REASON_FORWARDING_DISABLED ||
           reason == REASON_DIRECTION_OFF ||
           reason == REASON_KEY_FORWARDING_OFF;
}

void
words_open_refused(char out[WORDS_MAX], const struct words_who *who,
                   const struct words_forward *f, const struct decision *why)
{
    char rule[RULE_MAX];

    words_rule(&why->from, rule, sizeof(rule));
    if (is_coarse(why->reason)) {
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
words_listen_refused(char out[WORDS_MAX], const struct words_who *who,
                     const char *host, uint32_t port,
                     const struct decision *why)
{
    char rule[RULE_MAX];

    words_rule(&why->from, rule, sizeof(rule));
    snprintf(out, WORDS_MAX,
             "Received request from %s port %u to remote forward to host " HOST
             " port %" PRIu32 ", but the request was denied; user %.100s, "
             "%s by %s",
             who->ip, who->port, host, port, who->user,
             reason_name(why->reason), rule);
}

void
words_listen_opened(char out[WORDS_MAX], const struct words_who *who,
                    const char *host, uint32_t port, const struct address *list,
                    size_t count, uint16_t bound, const struct decision *why)
{
    char places[240] = "", rule[RULE_MAX], address[ADDRESS_TEXT_MAX];
    size_t used = 0;

    for (size_t i = 0; i < count && used < sizeof(places); i++) {
        address_format(&list[i], address);
        used += (size_t)snprintf(places + used, sizeof(places) - used,
                                 "%s%s port %u", i == 0 ? "" : ", ", address,
                                 bound);
    }
    words_rule(&why->from, rule, sizeof(rule));
    snprintf(out, WORDS_MAX,
             "listen opened: " WHO ", tcpip-forward " HOST " port %" PRIu32
             " on %s, %s by %s",
             who->user, who->ip, who->port, host, port, places,
             reason_name(why->reason), rule);
}

void
words_listen_closed(char out[WORDS_MAX], const struct words_who *who,
                    const char *host, uint32_t port)
{
    snprintf(out, WORDS_MAX,
             "listen closed: " WHO ", tcpip-forward " HOST " port %" PRIu32,
             who->user, who->ip, who->port, host, port);
}

void
words_listen_failed(char out[WORDS_MAX], const struct words_who *who,
                    const char *host, uint32_t port, const char *why)
{
    snprintf(out, WORDS_MAX,
             "listen failed: " WHO ", tcpip-forward " HOST " port %" PRIu32
             ": %.255s",
             who->user, who->ip, who->port, host, port, why);
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
    return "not permitted";
}
