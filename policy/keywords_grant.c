/* Rows that sshd does not have: what it cannot express, and ceilings. */
#include "policy/keyword_rows.h"

#define OURS .use = USE_HONOURED, .scope = SCOPE_MATCH, .ours = true

static const struct keyword rows[] = {
    {
        .name = "GrantOpen",
        OURS,
        .rule = RULE_GATHER,
        FIELD(grant_open),
        .type = &type_grants_open,
        .doc = "Where local forwards may lead, for what PermitOpen cannot "
               "say: patterns for names (*.db.internal:5432), networks "
               "(10.0.0.0/8:443, [fd00::/8]:*) and ranges of ports "
               "(host:8000-8099). Addresses and networks are compared with "
               "what the requested host resolves to. The lines of the global "
               "part and of every matching block add up. A request passes if "
               "PermitOpen or GrantOpen lists it; once either is present, "
               "nothing else passes.",
    },
    {
        .name = "DenyOpen",
        OURS,
        .rule = RULE_GATHER,
        FIELD(deny_open),
        .type = &type_grants_open,
        .doc = "Where local forwards may not lead, whatever grants it. "
               "Entries are as in GrantOpen and add up like them. Names are "
               "compared with the requested one, addresses and networks with "
               "every address that it resolves to.",
    },
    {
        .name = "GrantListen",
        OURS,
        .rule = RULE_GATHER,
        FIELD(grant_listen),
        .type = &type_grants_listen,
        .doc = "What remote forwards may listen on, beside PermitListen: "
               "addresses, networks, localhost or *, with a port or a range "
               "of ports, or ports alone. Compared with the address that is "
               "really bound, after GatewayPorts. A request for port 0 gets a "
               "free port of the granted ones. Lines add up as those of "
               "GrantOpen.",
    },
    {
        .name = "DenyListen",
        OURS,
        .rule = RULE_GATHER,
        FIELD(deny_listen),
        .type = &type_grants_listen,
        .doc = "What remote forwards may not listen on, whatever grants it. "
               "Entries are as in GrantListen. A listener on every address "
               "is refused when any address of its family is listed.",
    },
    {
        .name = "ListenFrom",
        OURS,
        FIELD(listen_from),
        .type = &type_sources,
        .dflt = "any",
        .doc = "Who may connect to the listener of a remote forward: "
               "addresses, networks, localhost. Others are turned away; the "
               "log and the client's session tell of them.",
    },
    {
        .name = "GrantOpenPath",
        OURS,
        .rule = RULE_GATHER,
        FIELD(grant_open_path),
        .type = &type_path_patterns,
        .doc = "Which Unix sockets local forwards may lead to: absolute "
               "paths, where ? and * do not match a / and ** does. Once "
               "present, no other socket passes, and a path with an empty "
               "part, . or .. passes never. Links are not looked through. "
               "Lines add up as those of GrantOpen.",
    },
    {
        .name = "GrantListenPath",
        OURS,
        .rule = RULE_GATHER,
        FIELD(grant_listen_path),
        .type = &type_path_patterns,
        .doc = "Which Unix sockets remote forwards may listen on, as "
               "GrantOpenPath.",
    },
    {
        .name = "PrivilegedPorts",
        OURS,
        FIELD(privileged_ports),
        .type = &type_port_ranges,
        .dflt = "no",
        .doc = "Ports below the unprivileged start of the kernel that remote "
               "forwards may listen on although the user is not root. Other "
               "lists have to grant them as well.",
    },
    {
        .name = "MaxForwards",
        OURS,
        FIELD(max_forwards),
        .type = &type_ceiling,
        .most = POLICY_FORWARDS_MAX,
        .dflt = "512",
        .doc =
            "How many forwards a connection may have open at a time, in "
            "both directions; at most 16384. Each takes a descriptor, so the "
            "hard limit of open files has to be higher.",
    },
    {
        .name = "MaxListeners",
        OURS,
        FIELD(max_listeners),
        .type = &type_ceiling,
        .most = POLICY_LISTENERS_MAX,
        .dflt = "256",
        .doc = "How many remote forwards a connection may listen for at a "
               "time; at most 1024.",
    },
    {
        .name = "MaxConnectionsPerUser",
        OURS,
        FIELD(max_connections_per_user),
        .type = &type_number_or_none,
        .dflt = "none",
        .doc = "How many connections of one user there may be at a time.",
    },
    {
        .name = "MaxConnectionLifetime",
        OURS,
        FIELD(max_connection_lifetime_s),
        .type = &type_time_or_none,
        .dflt = "none",
        .doc = "End a connection this long after its login, whatever it "
               "carries.",
    },
    {
        .name = "ConnectTimeout",
        OURS,
        FIELD(connect_timeout_s),
        .type = &type_time_or_none,
        .dflt = "none",
        .doc = "Give up on a local forward that has not been resolved and "
               "connected after this long. none leaves it to the kernel, "
               "which takes some two minutes.",
    },
    {
        .name = "ForwardRateLimit",
        OURS,
        FIELD(forward_rate_limit_bytes),
        .type = &type_rate,
        .dflt = "none",
        .doc = "How many bytes a second the forwards of one connection may "
               "carry together, each direction for itself.",
    },
    {
        .name = "MaxForwardWindow",
        OURS,
        FIELD(max_forward_window),
        .type = &type_window,
        .dflt = "16M 64M",
        .doc = "How many bytes a client may send on a forward before they are "
               "delivered: the window of RFC 4254, which begins at 2M or "
               "less, and grows up to the first size while the target keeps "
               "up. All forwards of a connection share the second size, and "
               "have 128K each beside it; without it they share four times "
               "the first one. A connection whose targets do not read may "
               "take up that much memory. What one forward uploads in a round "
               "trip is at most its window. From 128K, which never grows, to "
               "1G.",
    },
};

GROUP(keywords_grant, "Grants and ceilings", rows);
