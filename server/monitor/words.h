#ifndef SERVER_MONITOR_WORDS_H
#define SERVER_MONITOR_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"
#include "policy/decision.h"
#include "server/ipc/msg.h"

/*
 * The sentences about forwards, for the log and for the client.  Pure; texts
 * that came from a client stand in them as they are (log.c escapes), but cut
 * so that the user and the rule always fit into the line.
 */

#define WORDS_MAX 1024 /* bytes of a sentence, with the NUL */

/* Whose connection it is. */
struct words_who {
    const char *user;
    const char *ip;
    uint16_t port;
};

/* A forward, or a request for one. */
struct words_forward {
    uint32_t number; /* "forward N", counted by the monitor */
    enum channel_kind kind;
    const char *host; /* as the client asked; the path for those kinds */
    uint32_t port;    /* not for a path */
    const char *peer; /* forwarded-tcpip: who connected; else NULL */
    uint32_t peer_port;
};

/* A listener, or a request for one. */
struct words_listener {
    bool is_path;
    const char *host; /* as the client asked; the path */
    uint32_t port;    /* not for a path */
};

/* Bytes that nobody could tell, because the session died. */
#define WORDS_BYTES_UNKNOWN UINT64_MAX

/* "FILE:LINE" or "default". */
void words_rule(const struct origin *from, char *out, size_t size);

/* "at" is the address that was dialled, NULL where there is none; why is NULL
 * for an accepted connection. */
void words_forward_opened(char out[WORDS_MAX], const struct words_who *who,
                          const struct words_forward *f,
                          const struct address *at, const struct decision *why);
void words_forward_closed(char out[WORDS_MAX], const struct words_who *who,
                          const struct words_forward *f, uint64_t bytes_up,
                          uint64_t bytes_down, uint64_t duration_ms);
void words_forward_failed(char out[WORDS_MAX], const struct words_who *who,
                          const struct words_forward *f, const char *why);

/* peer is the originator that the client named. */
void words_open_refused(char out[WORDS_MAX], const struct words_who *who,
                        const struct words_forward *f,
                        const struct decision *why);
/* A connection to a listener that the client is not offered. */
void words_offer_refused(char out[WORDS_MAX], const struct words_who *who,
                         const struct words_forward *f,
                         const struct decision *why);
void words_listen_refused(char out[WORDS_MAX], const struct words_who *who,
                          const struct words_listener *l,
                          const struct decision *why);

/* bound is the port that all of the addresses listen on; no address for a
 * path. */
void words_listen_opened(char out[WORDS_MAX], const struct words_who *who,
                         const struct words_listener *l,
                         const struct address *list, size_t count,
                         uint16_t bound, const struct decision *why);
void words_listen_closed(char out[WORDS_MAX], const struct words_who *who,
                         const struct words_listener *l);
void words_listen_failed(char out[WORDS_MAX], const struct words_who *who,
                         const struct words_listener *l, const char *why);

/* What the client is told: "not permitted", "bad port", "bad host name",
 * "bad path", "too many forwards". */
const char *words_refusal(enum reason reason);

#endif
