#ifndef POLICY_GRANT_H
#define POLICY_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/diag.h"
#include "policy/endpoint.h"
#include "policy/network.h"
#include "policy/port_set.h"

/* What the host of an entry is compared with. */
enum grant_kind {
    GRANT_NONE = 0, /* zeroed memory, "none": matches nothing */
    GRANT_ANY,      /* "*" */
    GRANT_NAME,     /* the requested name, exactly */
    GRANT_GLOB,     /* the requested name, by pattern */
    GRANT_NETWORK,  /* an address */
    GRANT_LOOPBACK, /* 127.0.0.0/8 and ::1: "localhost" of a listener */
};

/*
 * One entry of GrantOpen, DenyOpen, GrantListen, DenyListen or ListenFrom.
 * Points into the arena.
 */
struct grant {
    struct origin from;
    const char *text; /* as the file writes it */
    enum grant_kind kind;
    const char *name;       /* NAME, GLOB: lower case, no dot at the end */
    struct network network; /* NETWORK: v4-mapped blocks are v4 */
    struct port_range ports;
};

/*
 * Read one entry.  text is kept, and has to live as long as the arena.
 *
 * open    host:port.  host: a name; a pattern for names ("*.db.internal");
 *         an address or a network, IPv6 in brackets ("[fd00::/8]:*"); "*".
 *         port: a number, a range "8000-8099", a service name or "*".
 * listen  the same without names but "localhost"; or ports alone.
 * source  an address, a network, "localhost" or "*"; no port.
 *
 * What looks like an address but is not written in full ("10.1", "10.*") is
 * an error: it would be taken for a name, and names are not addresses.
 * ret->from is left zeroed.  On failure *ret is untouched.
 * Returns 0, -EINVAL, or -ENOMEM.
 */
int grant_parse_open(struct arena *arena, const char *text,
                     service_port_fn *service, void *arg, struct grant *ret,
                     struct diag *reterr);
int grant_parse_listen(const char *text, service_port_fn *service, void *arg,
                       struct grant *ret, struct diag *reterr);
int grant_parse_source(const char *text, struct grant *ret,
                       struct diag *reterr);

/* What an entry is compared with. */
struct grant_query {
    const char *name; /* lower case, no dot at the end; NULL: not asked */
    const struct address *address; /* not v4-mapped; NULL: not known */
    uint32_t port;
    bool bind; /* to listen at address, not to connect to it */
};

/*
 * Does the entry list what is asked?  To listen at a wildcard address is to
 * listen at every one: only "*", the whole family ("0.0.0.0/0") and the
 * wildcard itself list it.
 */
bool grant_matches(const struct grant *g, const struct grant_query *q);

/* The same for the host alone. */
bool grant_matches_host(const struct grant *g, const struct grant_query *q);

/*
 * Does the entry, one of DenyListen, concern a listener there?  A listener at
 * a wildcard address is concerned by every address of its family.
 */
bool grant_touches(const struct grant *g, const struct grant_query *q);

/* Is all that inner lists in outer as well?  False when in doubt. */
bool grant_covers(const struct grant *outer, const struct grant *inner);

#endif
