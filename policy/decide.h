#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"
#include "policy/decision.h"
#include "policy/settings.h"

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
 * Answer req under s and k, in sshd's order: shape, switches, the key's
 * list, the configuration's list.  A path needs its direction in both
 * AllowStreamLocalForwarding and AllowTcpForwarding; opens of paths go by
 * PermitOpen and permitopen=, listens on paths by no list.  Total and pure:
 * always returns a decision, touches nothing but its arguments, allocates
 * nothing.
 */
struct decision decide(const struct settings *s, const struct key_limits *k,
                       const struct request *req);

/*
 * Second question about an allowed REQUEST_OPEN: may this resolved address be
 * dialled?  AddressFamily narrows it; nothing else does yet.
 */
struct decision decide_address(const struct settings *s,
                               const struct request *req,
                               const struct address *address);

/*
 * Where an allowed REQUEST_LISTEN binds, by GatewayPorts (sshd's table).
 * Up to two literal addresses, or a name to resolve (resolve true, then the
 * request's own host is what to look up).
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
 * Ports below unprivileged_start (the kernel's ip_unprivileged_port_start)
 * are for uid 0.  port 0 never is privileged.
 */
struct decision decide_privileged(uint32_t uid, uint32_t port,
                                  uint32_t unprivileged_start);

#endif
