/* Rows about forwards: what may be opened, what may be listened on. */
#include "policy/keyword_rows.h"

static const struct choice directions[] = {
    {"yes", FORWARD_ANY},     {"all", FORWARD_ANY},       {"no", FORWARD_NONE},
    {"local", FORWARD_LOCAL}, {"remote", FORWARD_REMOTE}, {NULL, 0},
};

static const struct choice gateways[] = {
    {"no", GATEWAY_NO},
    {"yes", GATEWAY_YES},
    {"clientspecified", GATEWAY_CLIENT_SPECIFIED},
    {NULL, 0},
};

static const struct choice explanations[] = {
    {"brief", EXPLAIN_BRIEF},
    {"full", EXPLAIN_FULL},
    {"none", EXPLAIN_NONE},
    {NULL, 0},
};

static const struct keyword rows[] = {
    {
        .name = "DisableForwarding",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(disable_forwarding),
        YES_NO,
        .dflt = "no",
        .doc = "No forwards at all, whatever else is said.",
    },
    {
        .name = "AllowTcpForwarding",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(allow_tcp_forwarding),
        .type = &type_choice,
        .choices = directions,
        .dflt = "yes",
        .doc = "Which TCP forwards there may be: local (ssh -L, -W, -J, -D), "
               "remote (ssh -R), both (yes or all), or none (no).",
    },
    {
        .name = "PermitOpen",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(permit_open),
        .type = &type_endpoints_open,
        .dflt = "any",
        .doc = "Where local forwards may lead. The host is compared with "
               "what the client asks for, letter by letter; * stands for "
               "any host or any port. Names of services are looked up when "
               "the configuration is loaded.",
    },
    {
        .name = "PermitListen",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(permit_listen),
        .type = &type_endpoints_listen,
        .dflt = "any",
        .since = "7.8",
        .doc = "What remote forwards may listen on. The host may be a "
               "pattern, and a port alone stands for any host.",
    },
    {
        .name = "GatewayPorts",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(gateway_ports),
        .type = &type_choice,
        .choices = gateways,
        .dflt = "no",
        .doc = "Whether remote forwards listen on loopback only (no), on "
               "every address (yes), or where the client asks "
               "(clientspecified).",
    },
    {
        .name = "AllowStreamLocalForwarding",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(allow_stream_local_forwarding),
        .type = &type_choice,
        .choices = directions,
        .dflt = "yes",
        .doc = "Which forwards of Unix sockets there may be: local, remote, "
               "both (yes or all), or none (no). The direction has to be in "
               "AllowTcpForwarding as well. Where PermitOpen lists anything, "
               "it must list the socket: [/path]:*.",
    },
    {
        .name = "StreamLocalBindMask",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        .rule = RULE_LAST,
        FIELD(stream_local_bind_mask),
        .type = &type_mode,
        .dflt = "0177",
        .doc = "The file mode bits that the Unix sockets of remote forwards "
               "lack.",
    },
    {
        .name = "StreamLocalBindUnlink",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(stream_local_bind_unlink),
        YES_NO,
        .dflt = "no",
        .doc = "Whether the Unix socket of a remote forward replaces a file "
               "of its name, as the user may. Without it a socket that was "
               "left behind stands in the way.",
    },
    {
        .name = "ClientAliveInterval",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(client_alive_interval_s),
        .type = &type_time,
        .dflt = "0",
        .doc = "After how much silence a client is asked whether it is "
               "there; 0 never asks.",
    },
    {
        .name = "ClientAliveCountMax",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(client_alive_count_max),
        .type = &type_number,
        .dflt = "3",
        .doc = "How many such questions may stay without an answer before "
               "the connection ends; 0 asks, but never ends it.",
    },
    {
        .name = "ChannelTimeout",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(channel_timeout),
        .type = &type_timeouts,
        .dflt = "none",
        .since = "9.2",
        .doc = "Close forwards that carry nothing for this long. The pattern "
               "is compared with direct-tcpip, forwarded-tcpip, "
               "direct-streamlocal@openssh.com and "
               "forwarded-streamlocal@openssh.com; the first that matches "
               "counts, and 0 is never. global=time closes all of them when "
               "none carried anything for that long.",
    },
    {
        .name = "UnusedConnectionTimeout",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(unused_connection_timeout_s),
        .type = &type_time_or_none,
        .dflt = "none",
        .since = "9.2",
        .doc = "End connections that have no open forward and no session "
               "for this long. Listening for remote forwards is not a "
               "use.",
    },
    {
        .name = "ExplainDenials",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(explain_denials),
        .type = &type_choice,
        .choices = explanations,
        .ours = true,
        .dflt = "brief",
        .doc = "How much a client is told when a forward is refused: the "
               "reason in a word (brief), the rule and its line as well "
               "(full), or nothing (none). The log always has all of it. "
               "sshd does not know this keyword.",
    },
    {
        .name = "PermitTunnel",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(permit_tunnel),
        .type = &type_choice_exact,
        .choices = (const struct choice[]){{"no", 0},
                                           {"point-to-point", 1},
                                           {"ethernet", 2},
                                           {"yes", 3},
                                           {NULL, 0}},
        .dflt = "no",
        .doc = "Whether tun devices may be forwarded. They never are, "
               "whatever the value.",
    },
    {
        .name = "RDomain",
        .use = USE_REFUSED,
        .scope = SCOPE_MATCH,
        .since = "7.6",
        .doc = "Puts a user into a routing domain, which Linux does not "
               "have. Refused, as sshd does on Linux.",
    },
};

GROUP(keywords_forward, "Forwards", rows);
