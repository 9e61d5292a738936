#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"
#include "policy/decision.h"
#include "policy/port_set.h"
#include "policy/settings.h"
#include "policy/trace.h"

/*
 * What the winning authorized_keys line allows (RFC-less, sshd(8)
 * AUTHORIZED_KEYS FILE FORMAT).  A login without a key has key_limits_none.
 * Zeroed memory refuses everything.
 */
struct key_limits {
    bool port_forwarding;
    struct endpoints_setting permit_open;   /* count 0: all */
    struct endpoints_setting permit_listen; /* count 0: all */
    struct origin from;                     /* the line of the keys file */
};

/* A login that no key restricts: password, keyboard-interactive. */
extern const struct key_limits key_limits_none;

enum request_kind {
    REQUEST_OPEN = 1,        /* direct-tcpip: connect from here to host:port */
    REQUEST_LISTEN = 2,      /* tcpip-forward: listen here on host:port */
    REQUEST_OPEN_PATH = 3,   /* direct-streamlocal: connect to path */
    REQUEST_LISTEN_PATH = 4, /* streamlocal-forward: listen on path */
};

#define REQUEST_PATH_MAX 107 /* bytes: what fits into a sockaddr_un */

struct request {
    enum request_kind kind;
    const char *host; /* as the client sent it, NUL-terminated */
    const char *path; /* the same, for the kinds with a path */
    uint32_t port;    /* as sent on the wire */
    bool has_nul;     /* the name or path had a NUL inside */
    bool wants_reply; /* LISTEN only */
};

/*
 * Answer req under s and k: shape, switches, the key's list, then the lists
 * of the configuration.  A path needs its direction in both
 * AllowStreamLocalForwarding and AllowTcpForwarding.
 *
 * OPEN         DenyOpen wins.  Without PermitOpen and GrantOpen all passes,
 *              else what either lists.  A host that is an address, however it
 *              is spelled (see spelling.h), is decided by the address.  A name
 *              that no entry for names lists, while GrantOpen has addresses
 *              for the port, is VERDICT_ASK_ADDRESS.
 * LISTEN       the same with DenyListen, PermitListen and GrantListen, at the
 *              addresses where GatewayPorts leads: it is enough that one of
 *              them passes, and decide_bind() leaves the others out.  With a
 *              name to resolve it may be VERDICT_ASK_ADDRESS.
 * OPEN_PATH    GrantOpenPath alone, once present.  Else PermitOpen and
 *              permitopen=; a GrantOpen restricts, and lists no path.
 * LISTEN_PATH  GrantListenPath, once present.
 *
 * Total and pure: always returns a decision, touches nothing but its
 * arguments, allocates nothing.  .from is the entry that lists the request,
 * or the list (its first line) that lacks it.
 */
struct decision decide(const struct settings *s, const struct key_limits *k,
                       const struct request *req);

/*
 * Second question about a REQUEST_OPEN or REQUEST_LISTEN that decide() did
 * not deny, for each address that its host was resolved to: may it be
 * dialled, may it be bound?  Deny lists are asked again, for the name and for
 * the address.  Pass the address as the resolver gave it: the wildcard that
 * leads to loopback is looked at as both, v4-mapped is v4.
 *
 * The decision to record is that of the address, unless decide() allowed and
 * this one is REASON_UNRESTRICTED or REASON_PERMITTED too: then decide()'s
 * names the rule, because it knows the key.
 */
struct decision decide_address(const struct settings *s,
                               const struct request *req,
                               const struct address *address);

/* The same two, written down.  trace may be NULL. */
struct decision decide_traced(const struct settings *s,
                              const struct key_limits *k,
                              const struct request *req,
                              const struct trace *trace);
struct decision decide_address_traced(const struct settings *s,
                                      const struct request *req,
                                      const struct address *address,
                                      const struct trace *trace);

/*
 * Where an allowed REQUEST_LISTEN binds, by GatewayPorts (sshd's table),
 * without the addresses that decide_address() would deny.  Up to two literal
 * addresses, or a name to resolve (resolve true, then the request's own host
 * is what to look up, and decide_address() is asked about each result).
 */
struct bind_plan {
    struct address list[2];
    unsigned count;
    bool resolve;
    bool overridden; /* the client's address was not honoured: tell it so */
};

struct bind_plan decide_bind(const struct settings *s,
                             const struct request *req);

/*
 * The ports at address that a REQUEST_LISTEN for port 0 may get: those that
 * are granted and not denied.  Empty for any other request.  Privileged ports
 * are in it where lists grant them: take them out with port_set_remove().
 * With several addresses ask for the first, and decide_address() with the
 * port that was found for the others.
 */
void decide_ports(const struct settings *s, const struct request *req,
                  const struct address *address, struct port_set *ret);

/*
 * Ports below unprivileged_start (the kernel's ip_unprivileged_port_start)
 * are for uid 0 and for what PrivilegedPorts lists.  REASON_PERMITTED: the
 * kernel would refuse the user, so somebody else has to bind the port.
 * port 0 never is privileged.
 */
struct decision decide_privileged(const struct settings *s, uint32_t uid,
                                  uint32_t port, uint32_t unprivileged_start);

/* May who comes from this address connect to a listener?  (ListenFrom) */
struct decision decide_source(const struct settings *s,
                              const struct address *from);

/*
 * May there be one more, when so many are present?  Forwards and listeners
 * of a connection (MaxForwards, MaxListeners), connections of a user
 * (MaxConnectionsPerUser).
 */
struct decision decide_forwards(const struct settings *s, uint64_t present);
struct decision decide_listeners(const struct settings *s, uint64_t present);
struct decision decide_connections(const struct settings *s, uint64_t present);

#endif
