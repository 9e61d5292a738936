#ifndef POLICY_DECISION_H
#define POLICY_DECISION_H

#include <stdbool.h>

#include "policy/diag.h"

enum verdict {
    VERDICT_DENY = 0, /* zeroed memory refuses */
    VERDICT_ALLOW = 1,
    /* The request alone does not settle it: decide_address() does. */
    VERDICT_ASK_ADDRESS = 2,
};

/* Why.  Names are stable: they stand in audit logs and tests. */
enum reason {
    REASON_UNKNOWN_REQUEST = 0,
    REASON_FORWARDING_DISABLED,  /* DisableForwarding */
    REASON_DIRECTION_OFF,        /* AllowTcpForwarding lacks this direction */
    REASON_PATH_DIRECTION_OFF,   /* AllowStreamLocalForwarding lacks it */
    REASON_KEY_FORWARDING_OFF,   /* the key says no-port-forwarding, restrict */
    REASON_KEY_NOT_PERMITTED,    /* permitopen=, permitlisten= of the key */
    REASON_NOT_PERMITTED,        /* PermitOpen, PermitListen */
    REASON_BAD_PORT,             /* above 65535 */
    REASON_BAD_NAME,             /* a NUL or '\' inside, too long */
    REASON_BAD_PATH,             /* of a socket: a NUL, empty, too long */
    REASON_ADDRESS_FAMILY,       /* AddressFamily excludes the address */
    REASON_PRIVILEGED_PORT,      /* below the kernel's unprivileged start */
    REASON_NO_REPLY_WANTED,      /* port 0 and nobody to tell the port to */
    REASON_DENIED,               /* the DenyOpen, DenyListen entry at .from */
    REASON_SOURCE_NOT_LISTED,    /* ListenFrom lacks who connects */
    REASON_TOO_MANY_FORWARDS,    /* MaxForwards */
    REASON_TOO_MANY_LISTENERS,   /* MaxListeners */
    REASON_TOO_MANY_CONNECTIONS, /* MaxConnectionsPerUser */
    REASON_AWAITS_ADDRESS,       /* verdict ASK_ADDRESS: what it resolves to */
    REASON_PERMITTED,            /* the entry at .from lists it */
    REASON_UNRESTRICTED,         /* nothing restricts this direction */
    REASON_COUNT,
};

/*
 * The answer to one request, and the line of configuration that gave it.
 * Plain data; .from.file is valid as long as the policy is.
 */
struct decision {
    enum verdict verdict;
    enum reason reason;
    struct origin from;
};

struct decision decision_deny(enum reason reason, struct origin from);
struct decision decision_allow(enum reason reason, struct origin from);

/* Short, stable, lower-case words for logs, e.g. "not-permitted". */
const char *reason_name(enum reason reason);

/* Did a switch refuse, and neither a list nor the form of the request? */
bool reason_is_switch(enum reason reason);

#endif
