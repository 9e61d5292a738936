/* Rows about the daemon: where it listens, what it logs, its limits. */
#include <syslog.h>

#include "policy/keyword_rows.h"

static const struct choice families[] = {
    {"any", FAMILY_ANY},
    {"inet", FAMILY_INET},
    {"inet6", FAMILY_INET6},
    {NULL, 0},
};

static const struct choice log_levels[] = {
    {"QUIET", LOG_LEVEL_QUIET},
    {"SILENT", LOG_LEVEL_QUIET},
    {"FATAL", LOG_LEVEL_FATAL},
    {"ERROR", LOG_LEVEL_ERROR},
    {"INFO", LOG_LEVEL_INFO},
    {"VERBOSE", LOG_LEVEL_VERBOSE},
    {"DEBUG", LOG_LEVEL_DEBUG1},
    {"DEBUG1", LOG_LEVEL_DEBUG1},
    {"DEBUG2", LOG_LEVEL_DEBUG2},
    {"DEBUG3", LOG_LEVEL_DEBUG3},
    {NULL, 0},
};

static const struct choice facilities[] = {
    {"DAEMON", LOG_DAEMON},
    {"USER", LOG_USER},
    {"AUTH", LOG_AUTH},
    {"AUTHPRIV", LOG_AUTHPRIV},
    {"LOCAL0", LOG_LOCAL0},
    {"LOCAL1", LOG_LOCAL1},
    {"LOCAL2", LOG_LOCAL2},
    {"LOCAL3", LOG_LOCAL3},
    {"LOCAL4", LOG_LOCAL4},
    {"LOCAL5", LOG_LOCAL5},
    {"LOCAL6", LOG_LOCAL6},
    {"LOCAL7", LOG_LOCAL7},
    {NULL, 0},
};

static const struct choice hashes[] = {
    {"SHA256", 0}, {"MD5", 1},    {"SHA1", 2},
    {"SHA384", 3}, {"SHA512", 4}, {NULL, 0},
};

static const struct keyword rows[] = {
    {
        .name = "Include",
        .use = USE_STRUCTURE,
        .scope = SCOPE_MATCH,
        .since = "8.2",
        .doc = "Read other files at this place. Each argument is a glob; a "
               "relative one is taken from the directory of the main file, "
               "and one that matches nothing is fine. A Match inside an "
               "included file ends with that file.",
    },
    {
        .name = "Match",
        .use = USE_STRUCTURE,
        .scope = SCOPE_MATCH,
        .doc = "Begin a block that holds only where all its criteria do: "
               "User, Group, Host, Address, LocalAddress, LocalPort, "
               "RDomain, Version, Invalid-User, or All alone. A value in a "
               "matching block replaces the global one; of several matching "
               "blocks the first that names a keyword counts.",
    },
    {
        .name = "Port",
        .use = USE_HONOURED,
        .rule = RULE_APPEND,
        FIELD(port),
        .type = &type_ports,
        .override_closes = true,
        .dflt = "22",
        .doc = "A port to listen on, for every ListenAddress that names "
               "none. May be given up to 256 times; ports of the command "
               "line replace those of the file.",
    },
    {
        .name = "ListenAddress",
        .use = USE_HONOURED,
        .rule = RULE_APPEND,
        FIELD(listen_address),
        .type = &type_listens,
        .doc = "An address to listen on, with or without a port. May be "
               "given many times. Without any, all addresses are used.",
    },
    {
        .name = "AddressFamily",
        .use = USE_HONOURED,
        FIELD(address_family),
        .type = &type_choice,
        .choices = families,
        .dflt = "any",
        .doc = "Which kind of addresses to listen on, to open listeners for "
               "clients on, and to connect to.",
    },
    {
        .name = "PidFile",
        .use = USE_HONOURED,
        FIELD(pid_file),
        .type = &type_path,
        .dflt = "/run/portcullisd.pid",
        .doc = "Where the daemon writes its process id, or none.",
    },
    {
        .name = "LogLevel",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(log_level),
        .type = &type_choice,
        .choices = log_levels,
        .noun = "log level",
        .dflt = "INFO",
        .doc = "How much is logged for people: QUIET, FATAL, ERROR, INFO, "
               "VERBOSE, DEBUG and DEBUG1 to DEBUG3.",
    },
    {
        .name = "SyslogFacility",
        .use = USE_HONOURED,
        FIELD(syslog_facility),
        .type = &type_choice,
        .choices = facilities,
        .noun = "log facility",
        .dflt = "AUTH",
        .doc = "The syslog facility of log messages: DAEMON, USER, AUTH, "
               "AUTHPRIV, or LOCAL0 to LOCAL7.",
    },
    {
        .name = "LogVerbose",
        .use = USE_NO_EFFECT,
        .scope = SCOPE_MATCH,
        FIELD(log_verbose),
        .type = &type_files,
        .dflt = "none",
        .since = "8.5",
        .doc = "Selects debug messages by places in the source of sshd, "
               "which are not ours. Kept, without effect.",
    },
    {
        .name = "FingerprintHash",
        .use = USE_DEFAULT_ONLY,
        .rule = RULE_LAST,
        FIELD(fingerprint_hash),
        .type = &type_hash,
        .choices = hashes,
        .dflt = "SHA256",
        .since = "6.8",
        .doc = "The hash of key fingerprints in the log: only sha256 so far.",
    },
    {
        .name = "LoginGraceTime",
        .use = USE_HONOURED,
        FIELD(login_grace_time_s),
        .type = &type_time,
        .dflt = "120",
        .doc = "A connection that has not logged in after this time, and up "
               "to four random seconds more, is ended. 0 waits for ever.",
    },
    {
        .name = "MaxStartups",
        .use = USE_HONOURED,
        FIELD(max_startups),
        .type = &type_startups,
        .dflt = "10:30:100",
        .doc = "How many connections may be at the stage before login, as "
               "start:rate:full: at start, rate percent of those that want to "
               "join are dropped, at full all of them, and in between the "
               "share grows evenly. One number alone is a plain limit.",
    },
    {
        .name = "PerSourceMaxStartups",
        .use = USE_HONOURED,
        FIELD(per_source_max_startups),
        .type = &type_startups_or_none,
        .dflt = "none",
        .since = "8.5",
        .doc = "How many connections from one source may be at the stage "
               "before login, beside MaxStartups.",
    },
    {
        .name = "PerSourceNetBlockSize",
        .use = USE_HONOURED,
        FIELD(per_source_net_block_size),
        .type = &type_net_block,
        .dflt = "32:128",
        .since = "8.5",
        .doc = "How many leading bits of an IPv4 address and, behind a colon, "
               "of an IPv6 address make one source, for PerSourceMaxStartups "
               "and PerSourcePenalties.",
    },
    {
        .name = "PerSourcePenalties",
        .use = USE_HONOURED,
        .rule = RULE_SLOTS,
        FIELD(per_source_penalties),
        .type = &type_penalties,
        .dflt = "yes",
        .since = "9.8",
        .doc = "Sources that misbehave before login are kept out for a while: "
               "crash (90s), authfail (5s), invaliduser (5s), noauth (1s), "
               "grace-exceeded (10s) and refuseconnection (10s), each with a "
               "colon and a time. Times add up to max (10m) and count once "
               "they exceed min (15s). max-sources4 and max-sources6 (65536) "
               "sources are remembered; overflow and overflow6 say what comes "
               "then: permissive forgets the first to be free, deny-all lets "
               "nobody in. no switches all of it off.",
    },
    {
        .name = "PerSourcePenaltyExemptList",
        .use = USE_HONOURED,
        FIELD(per_source_penalty_exempt_list),
        .type = &type_address_list,
        .dflt = "none",
        .since = "9.8",
        .doc = "Addresses that penalties never concern: a comma list of "
               "addresses, networks and patterns, ! in front excludes.",
    },
    {
        .name = "UseDNS",
        .use = USE_HONOURED,
        FIELD(use_dns),
        YES_NO,
        .dflt = "no",
        .doc = "Look up the name of the client's address, which counts when "
               "it leads back to the address. Without it, host patterns are "
               "compared with the address.",
    },
    {
        .name = "TCPKeepAlive",
        .alias = {"KeepAlive"},
        .use = USE_HONOURED,
        FIELD(tcp_keep_alive),
        YES_NO,
        .dflt = "yes",
        .doc = "Ask the kernel to probe the client's TCP connection.",
    },
    {
        .name = "IPQoS",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        FIELD(ip_qos),
        .type = &type_qos,
        .dflt = "ef cs0",
        .doc = "The traffic class of connections: the first for interactive "
               "ones, the second for the rest, forwards among them. Here "
               "there are no others, so the second counts. One value stands "
               "for both. Names of differentiated services, or a number; "
               "none leaves it to the system, and so do the old names "
               "lowdelay, throughput and reliability.",
    },
};

GROUP(keywords_daemon, "The daemon", rows);
