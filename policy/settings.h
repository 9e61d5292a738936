#ifndef POLICY_SETTINGS_H
#define POLICY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/diag.h"
#include "policy/endpoints.h"
#include "policy/grants.h"

/* What the processes of a connection are built for. */
#define POLICY_FORWARDS_MAX 16384
#define POLICY_LISTENERS_MAX 1024
#define POLICY_WINDOW_MIN ((uint64_t)128 * 1024) /* bytes: LIMIT_WINDOW */
#define POLICY_WINDOW_MAX ((uint64_t)1024 * 1024 * 1024)

enum forward_kind {
    FORWARD_NONE = 0,
    FORWARD_LOCAL = 1 << 0,  /* ssh -L, -W, -J, -D: direct-tcpip */
    FORWARD_REMOTE = 1 << 1, /* ssh -R: tcpip-forward */
    FORWARD_ANY = FORWARD_LOCAL | FORWARD_REMOTE,
};

enum gateway_ports {
    GATEWAY_NO = 0,
    GATEWAY_YES,
    GATEWAY_CLIENT_SPECIFIED,
};

enum family_choice {
    FAMILY_ANY = 0,
    FAMILY_INET,
    FAMILY_INET6,
};

enum root_login {
    ROOT_LOGIN_NO = 0,
    ROOT_LOGIN_FORCED_COMMANDS, /* only keys that carry a command */
    ROOT_LOGIN_NO_PASSWORD,     /* prohibit-password, without-password */
    ROOT_LOGIN_YES,
};

/* How much of the reason a client is told; the log always has all of it. */
enum explain_denials {
    EXPLAIN_NONE = 0,
    EXPLAIN_BRIEF, /* the reason in a word */
    EXPLAIN_FULL,  /* with the rule and its line */
};

/* sshd's LogLevel words, least talkative first. */
enum log_level {
    LOG_LEVEL_QUIET = 0,
    LOG_LEVEL_FATAL,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_INFO,
    LOG_LEVEL_VERBOSE,
    LOG_LEVEL_DEBUG1,
    LOG_LEVEL_DEBUG2,
    LOG_LEVEL_DEBUG3,
};

/* Every setting carries its origin: there is no value without provenance. */
struct choice_setting {
    struct origin from;
    int value;
};

struct number_setting {
    struct origin from;
    uint64_t value; /* unit is in the name of the field */
};

struct text_setting {
    struct origin from;
    const char *value; /* NULL means "none" */
};

/* One word of a list; accumulating keywords have one origin a word. */
struct text_item {
    struct origin from;
    const char *text;
};

struct texts_setting {
    struct origin from;           /* of the first item */
    const struct text_item *list; /* owned by the policy's arena */
    size_t count;
};

/* A place to listen: host NULL is every address; port 0 is "each Port". */
struct listen_item {
    struct origin from;
    const char *host;
    uint16_t port;
};

struct listens_setting {
    struct origin from;
    const struct listen_item *list;
    size_t count;
};

struct ports_setting {
    struct origin from;
    const uint16_t *list;
    size_t count;
};

/* Ports and ranges of them; count 0: none. */
struct ranges_setting {
    struct origin from;
    const struct port_range *list;
    size_t count;
};

/* RekeyLimit: two independent first-wins slots; 0 is the cipher's default. */
struct rekey_setting {
    struct origin from;
    bool has_bytes, has_seconds; /* written, so that a later line is late */
    uint64_t bytes;
    uint64_t seconds;
};

/* MaxForwardWindow: bytes, POLICY_WINDOW_MIN <= each <= total <= .._MAX */
struct window_setting {
    struct origin from;
    uint64_t each;  /* of one forward */
    uint64_t total; /* of a connection's forwards, beyond ..._MIN for each */
};

/* A byte for the IP header's traffic class, or the system's own choice. */
#define QOS_NONE (-1)

/* IPQoS: of interactive connections, and of all that carry forwards only. */
struct qos_setting {
    struct origin from;
    int interactive, bulk; /* 0..255 or QOS_NONE */
};

/* MaxStartups: connections that have not logged in. */
struct startups_setting {
    struct origin from;
    uint64_t start, full; /* dropped at random from start on, always at full */
    uint64_t rate;        /* percent that are dropped at start, 1..100 */
};

/* PerSourceMaxStartups none; sshd's INT_MAX. */
#define STARTUPS_UNLIMITED 0x7fffffff

/* PerSourceNetBlockSize: leading bits that make one source. */
struct net_block_setting {
    struct origin from;
    unsigned v4_bits, v6_bits;
};

/* The parts of PerSourcePenalties, in the order of -T. */
enum penalty_part {
    PENALTY_NONE = 0,
    PENALTY_CRASH, /* from here: what is given for what, microseconds */
    PENALTY_AUTHFAIL,
    PENALTY_NOAUTH,
    PENALTY_INVALID_USER,
    PENALTY_GRACE_EXCEEDED,
    PENALTY_REFUSED,
    PENALTY_MAX,      /* microseconds: no source has more */
    PENALTY_MIN,      /* microseconds: with no more a source is let in */
    PENALTY_SOURCES4, /* how many are remembered */
    PENALTY_SOURCES6,
    PENALTY_OVERFLOW, /* enum penalty_overflow */
    PENALTY_OVERFLOW6,
    PENALTY_PARTS,
};

/* When more sources deserve a penalty than are remembered. */
enum penalty_overflow {
    PENALTY_OVERFLOW_PERMISSIVE = 0, /* the first to be free is forgotten */
    PENALTY_OVERFLOW_DENY_ALL,       /* nobody is let in */
};

/*
 * PerSourcePenalties: each part is the first that was written, and any part
 * outweighs "no".  See penalty_parts.h for what holds.
 */
struct penalties_setting {
    struct origin from;
    bool has_switch; /* "yes" or "no" was written, and is_on says which */
    bool is_on;
    uint32_t written; /* a bit for each part that was */
    uint64_t parts[PENALTY_PARTS];
};

/*
 * What is in force: for the daemon (global), or for one identity (Match
 * merged in).  Points into the policy; not freed.
 */
struct settings {
    /* The daemon. */
    struct ports_setting port;
    struct listens_setting listen_address;
    struct choice_setting address_family; /* enum family_choice */
    struct text_setting pid_file;
    struct texts_setting host_key;
    struct choice_setting log_level;       /* enum log_level */
    struct choice_setting syslog_facility; /* LOG_AUTH etc. of syslog.h */
    struct number_setting login_grace_time_s;
    struct startups_setting max_startups;
    struct number_setting per_source_max_startups; /* STARTUPS_UNLIMITED */
    struct net_block_setting per_source_net_block_size;
    struct penalties_setting per_source_penalties;
    struct text_setting per_source_penalty_exempt_list; /* see address.h */
    struct choice_setting use_dns;
    struct choice_setting tcp_keep_alive;
    struct qos_setting ip_qos;

    /* The transport. */
    struct texts_setting kex_algorithms; /* expanded, in order */
    struct texts_setting ciphers;
    struct texts_setting macs;
    struct texts_setting host_key_algorithms;
    struct rekey_setting rekey_limit;
    struct choice_setting compression;
    struct text_setting version_addendum;

    /* Who may log in, and how. */
    struct choice_setting use_pam; /* bool */
    struct choice_setting password_authentication;
    struct choice_setting kbd_interactive_authentication;
    struct choice_setting pubkey_authentication;
    struct texts_setting pubkey_accepted_algorithms; /* expanded */
    struct choice_setting permit_root_login;         /* enum root_login */
    struct texts_setting allow_users;
    struct texts_setting deny_users;
    struct texts_setting allow_groups;
    struct texts_setting deny_groups;
    struct texts_setting authorized_keys_file; /* empty: "none" */
    struct choice_setting strict_modes;
    struct number_setting max_auth_tries;
    struct choice_setting refuse_connection;
    struct text_setting banner; /* a path */

    /* What they may forward. */
    struct choice_setting allow_tcp_forwarding; /* enum forward_kind */
    struct choice_setting disable_forwarding;
    struct choice_setting gateway_ports; /* enum gateway_ports */
    struct endpoints_setting permit_open;
    struct endpoints_setting permit_listen;
    struct choice_setting allow_stream_local_forwarding; /* forward_kind */
    struct number_setting stream_local_bind_mask;
    struct choice_setting stream_local_bind_unlink;
    struct choice_setting explain_denials; /* enum explain_denials */

    /* What sshd cannot say: see decide.h for how lists work together. */
    struct grants_setting grant_open;       /* count 0: does not restrict */
    struct grants_setting deny_open;        /* wins over every grant */
    struct grants_setting grant_listen;     /* count 0: does not restrict */
    struct grants_setting deny_listen;      /* wins over every grant */
    struct grants_setting listen_from;      /* count 0: from anywhere */
    struct texts_setting grant_open_path;   /* see path_pattern.h */
    struct texts_setting grant_listen_path; /* count 0: not restricted */
    struct ranges_setting privileged_ports; /* beyond the kernel's rule */
    struct number_setting max_forwards;     /* of one connection */
    struct number_setting max_listeners;    /* of one connection */
    struct number_setting max_connections_per_user;  /* 0: no limit */
    struct number_setting max_connection_lifetime_s; /* 0: no limit */
    struct number_setting connect_timeout_s;         /* 0: the kernel's */
    /* Bytes a second of one connection, each way on its own; 0: no limit. */
    struct number_setting forward_rate_limit_bytes;
    struct window_setting max_forward_window;

    /* How long, and how many. */
    struct number_setting client_alive_interval_s; /* 0: never asked */
    struct number_setting client_alive_count_max;
    struct texts_setting channel_timeout;              /* see timeouts.h */
    struct number_setting unused_connection_timeout_s; /* 0: never */
    struct number_setting max_sessions;

    /* Validated and kept for -T: they only grant what does not exist here. */
    struct choice_setting allow_agent_forwarding;
    struct choice_setting x11_forwarding;
    struct number_setting x11_display_offset;
    struct choice_setting x11_use_localhost;
    struct text_setting x_auth_location;
    struct choice_setting permit_tty;
    struct choice_setting permit_tunnel;
    struct choice_setting permit_user_rc;
    struct text_setting permit_user_environment;
    struct texts_setting accept_env;
    struct texts_setting set_env;
    struct choice_setting print_motd;
    struct choice_setting print_last_log;
    struct texts_setting subsystem;
    struct text_setting force_command;
    struct choice_setting expose_auth_info;
    struct texts_setting log_verbose;
    struct choice_setting ignore_rhosts;
    struct choice_setting ignore_user_known_hosts;
    struct choice_setting hostbased_uses_name_from_packet_only;
    struct texts_setting hostbased_accepted_algorithms;
    struct texts_setting pubkey_auth_options;
    struct text_setting security_key_provider;
    struct text_setting moduli_file;
    struct text_setting sshd_session_path;
    struct text_setting sshd_auth_path;

    /* Known, but only the default is accepted: kept for -T. */
    struct texts_setting host_certificate;
    struct text_setting host_key_agent;
    struct texts_setting ca_signature_algorithms;
    struct number_setting required_rsa_size; /* bits */
    struct text_setting pam_service_name;
    struct choice_setting permit_empty_passwords;
    struct texts_setting authentication_methods;
    struct text_setting authorized_keys_command;
    struct text_setting authorized_keys_command_user;
    struct text_setting trusted_user_ca_keys;
    struct text_setting authorized_principals_file;
    struct text_setting authorized_principals_command;
    struct text_setting authorized_principals_command_user;
    struct texts_setting revoked_keys;
    struct choice_setting fingerprint_hash;
    struct text_setting chroot_directory;
    struct choice_setting hostbased_authentication;
};

#endif
