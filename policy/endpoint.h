#ifndef POLICY_ENDPOINT_H
#define POLICY_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/diag.h"

#define ENDPOINT_HOST_MAX 1024 /* bytes of a requested host, as NI_MAXHOST */

/*
 * One entry of PermitOpen, PermitListen, permitopen= or permitlisten=.
 *
 * "none" is an entry that matches nothing; "any" is the absence of entries.
 * The host is compared as text with what the client sent, because what a name
 * resolves to is another question (decide_address).
 */
struct endpoint {
    const char *host; /* owned by the arena; "*" means any host */
    uint16_t port;    /* host order; 0 means any port ("*") */
    bool never;       /* the word "none" */
    struct origin from;
};

/* The tcp port of a service name in services(5), or 0.  A fact, passed in. */
typedef uint16_t service_port_fn(void *arg, const char *name);

struct arena;

/*
 * Read one entry, exactly as sshd 10.5 does (see permitopen in
 * sshd_config(5), with brackets stripped and not validated):
 *   endpoint_parse_open    "host:port", "[v6]:port", port may be "*"
 *   endpoint_parse_listen  the same, or a bare port or "*"
 * service may be NULL: then service names are not known.  The words "any"
 * and "none" are not entries: the caller, who sees the whole line, reads them.
 * ret->from is left zeroed for the caller to fill in.
 * On failure *ret is untouched and *reterr has words.
 * Returns 0, -EINVAL, or -ENOMEM.
 */
int endpoint_parse_open(struct arena *arena, const char *text,
                        service_port_fn *service, void *arg,
                        struct endpoint *ret, struct diag *reterr);
int endpoint_parse_listen(struct arena *arena, const char *text,
                          service_port_fn *service, void *arg,
                          struct endpoint *ret, struct diag *reterr);

/*
 * PermitOpen: host "*" or byte-identical; port equal or any.  No folding.
 */
bool endpoint_matches_open(const struct endpoint *e, const char *host,
                           uint16_t port);

/*
 * PermitOpen and a Unix socket: an entry for any port, and host "*" or
 * exactly the path, which the file writes in brackets: "[/run/x.sock]:*".
 */
bool endpoint_matches_path(const struct endpoint *e, const char *path);

/*
 * PermitListen: the request is lower-cased, the entry is a glob that is not;
 * a request for port 0 matches only entries for any port.  A host longer than
 * ENDPOINT_HOST_MAX matches nothing.
 */
bool endpoint_matches_listen(const struct endpoint *e, const char *host,
                             uint16_t port);

/* As -T prints it: "host:port", "[v6]:port", "*:*", "none". Like snprintf. */
int endpoint_format(const struct endpoint *e, char *out, unsigned long size);

#endif
