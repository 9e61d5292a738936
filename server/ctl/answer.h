#ifndef SERVER_CTL_ANSWER_H
#define SERVER_CTL_ANSWER_H

#include "policy/decide.h"
#include "policy/policy.h"

/* What is asked of a configuration.  All pointers are borrowed. */
struct question {
    const struct identity *who;
    const struct request *request;
    /* What the host of the request resolves to; not for those of a path. */
    const struct address *addresses;
    size_t address_count;
    uint32_t uid;
    uint32_t unprivileged_start; /* see decide_privileged() */
};

/* The kernel's default, for answers that depend on no machine. */
#define ANSWER_UNPRIVILEGED_START 1024

/* A uid for whom has no account here: root's, or some other. */
uint32_t answer_uid(const char *user);

/*
 * VERDICT_ASK_ADDRESS: it depends on what the name resolves to, and no
 * address was given.
 */
struct answer {
    enum verdict verdict;
    const char *reason; /* reason_name(), or "login-denied" */
    const char *detail; /* a sentence's end, "listed in DenyUsers"; or NULL */
    struct origin from;
    bool has_address;
    struct address address; /* the first that may be dialled or bound */
};

/*
 * What the server answers to a client who has logged in with a password (so
 * no key narrows it) and has no other forward: may it log in at all, then the
 * steps of server/monitor/forward_open.c and listen_open.c, without sockets.
 * trace may be NULL.
 */
struct answer answer_ask(const struct settings *s, const struct question *q,
                         const struct trace *trace);

/* The first part alone: AllowUsers and its kin, PermitRootLogin no. */
struct answer answer_ask_login(const struct settings *s,
                               const struct identity *who, uint32_t uid,
                               const struct trace *trace);

/* May who comes from there connect to a listener?  (ListenFrom) */
struct answer answer_ask_source(const struct settings *s,
                                const struct address *source);

#endif
