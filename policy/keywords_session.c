/* Rows about sessions: accepted, because there is nothing they could grant. */
#include "policy/keyword_rows.h"

#define FOR_SESSIONS " There are no sessions: kept, without effect."

static const struct choice rhosts[] = {
    {"yes", 1},
    {"no", 0},
    {"shosts-only", 2},
    {NULL, 0},
};

static const struct keyword rows[] = {
    {
        .name = "MaxSessions",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(max_sessions),
        .type = &type_number,
        .dflt = "10",
        .doc = "How many session channels, which show text here, a "
               "connection may have. It never limits forwards.",
    },
    {
        .name = "ForceCommand",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(force_command),
        .type = &type_tail,
        .dflt = "none",
        .doc = "What a session runs whatever it asks for. It never stands "
               "in the way of forwards." FOR_SESSIONS,
    },
    {
        .name = "Subsystem",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        .rule = RULE_APPEND,
        FIELD(subsystem),
        .type = &type_subsystem,
        .doc = "A program behind a name, such as sftp." FOR_SESSIONS,
    },
    {
        .name = "PermitTTY",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(permit_tty),
        YES_NO,
        .dflt = "yes",
        .doc = "Whether a session may have a terminal." FOR_SESSIONS,
    },
    {
        .name = "PermitUserRC",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(permit_user_rc),
        YES_NO,
        .dflt = "yes",
        .doc = "Whether a session runs the user's own rc file." FOR_SESSIONS,
    },
    {
        .name = "PermitUserEnvironment",
        .use = USE_NO_EFFECT,
        FIELD(permit_user_environment),
        .type = &type_word_as_is,
        .dflt = "no",
        .doc = "Whether users set variables of their sessions." FOR_SESSIONS,
    },
    {
        .name = "AcceptEnv",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        .rule = RULE_APPEND,
        FIELD(accept_env),
        .type = &type_variable_names,
        .doc = "Which variables a client may set in its "
               "sessions." FOR_SESSIONS,
    },
    {
        .name = "SetEnv",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(set_env),
        .type = &type_variables,
        .since = "7.8",
        .doc = "Variables of every session." FOR_SESSIONS,
    },
    {
        .name = "PrintMotd",
        .use = USE_NO_EFFECT,
        FIELD(print_motd),
        YES_NO,
        .dflt = "yes",
        .doc = "Whether a session shows the message of the "
               "day." FOR_SESSIONS,
    },
    {
        .name = "PrintLastLog",
        .use = USE_NO_EFFECT,
        FIELD(print_last_log),
        YES_NO,
        .dflt = "yes",
        .doc = "Whether a session shows the last login." FOR_SESSIONS,
    },
    {
        .name = "AllowAgentForwarding",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(allow_agent_forwarding),
        YES_NO,
        .dflt = "yes",
        .doc = "Whether agents may be forwarded. They never "
               "are." FOR_SESSIONS,
    },
    {
        .name = "X11Forwarding",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(x11_forwarding),
        YES_NO,
        .dflt = "no",
        .doc = "Whether X11 may be forwarded. It never is." FOR_SESSIONS,
    },
    {
        .name = "X11DisplayOffset",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(x11_display_offset),
        .type = &type_number,
        .dflt = "10",
        .doc = "The first display number of X11 forwards." FOR_SESSIONS,
    },
    {
        .name = "X11UseLocalhost",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(x11_use_localhost),
        YES_NO,
        .dflt = "yes",
        .doc = "Whether X11 forwards listen on loopback." FOR_SESSIONS,
    },
    {
        .name = "XAuthLocation",
        .use = USE_NO_EFFECT,
        FIELD(x_auth_location),
        .type = &type_path,
        .dflt = "/usr/bin/xauth",
        .doc = "The program xauth, for X11 forwards." FOR_SESSIONS,
    },
    {
        .name = "IgnoreRhosts",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(ignore_rhosts),
        .type = &type_choice,
        .choices = rhosts,
        .dflt = "yes",
        .doc = "Part of host-based login, which does not exist here. Kept, "
               "without effect.",
    },
    {
        .name = "IgnoreUserKnownHosts",
        .use = USE_NO_EFFECT,
        FIELD(ignore_user_known_hosts),
        YES_NO,
        .dflt = "no",
        .doc = "Part of host-based login, which does not exist here. Kept, "
               "without effect.",
    },
    {
        .name = "HostbasedUsesNameFromPacketOnly",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(hostbased_uses_name_from_packet_only),
        YES_NO,
        .dflt = "no",
        .doc = "Part of host-based login, which does not exist here. Kept, "
               "without effect.",
    },
    {
        .name = "HostbasedAcceptedAlgorithms",
        .alias = {"HostbasedAcceptedKeyTypes"},
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(hostbased_accepted_algorithms),
        .type = &type_algorithms,
        .algorithms = &algorithms_keys,
        .dflt = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
                "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256",
        .since = "8.5",
        .doc = "Part of host-based login, which does not exist here. Kept, "
               "without effect.",
    },
    {
        .name = "SecurityKeyProvider",
        .use = USE_NO_EFFECT,
        FIELD(security_key_provider),
        .type = &type_provider,
        .dflt = "internal",
        .since = "8.2",
        .doc = "A library for keys in security hardware, which the server "
               "never needs. Kept, without effect.",
    },
    {
        .name = "SshdSessionPath",
        .use = USE_NO_EFFECT,
        FIELD(sshd_session_path),
        .type = &type_path,
        .dflt = "none",
        .since = "9.8",
        .doc = "Where sshd has one of its programs. Ours are found beside "
               "the daemon: kept, without effect.",
    },
    {
        .name = "SshdAuthPath",
        .use = USE_NO_EFFECT,
        FIELD(sshd_auth_path),
        .type = &type_path,
        .dflt = "none",
        .since = "10.0",
        .doc = "Where sshd has one of its programs. Ours are found beside "
               "the daemon: kept, without effect.",
    },
};

GROUP(keywords_session, "Sessions, which do not exist", rows);
