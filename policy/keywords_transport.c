/* Rows about the SSH transport: host keys, algorithms, rekeying. */
#include "policy/keyword_rows.h"

static const struct choice compressions[] = {
    {"yes", 1},
    {"delayed", 1},
    {"no", 0},
    {NULL, 0},
};

#define KEYS_DEFAULT                                                           \
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"                     \
    "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"

/* libssh has these since 0.12. */
#if PORTCULLIS_POST_QUANTUM
#define POST_QUANTUM                                                           \
    "mlkem768x25519-sha256,sntrup761x25519-sha512,"                            \
    "sntrup761x25519-sha512@openssh.com,"
#else
#define POST_QUANTUM ""
#endif

static const struct keyword rows[] = {
    {
        .name = "HostKey",
        .alias = {"HostDSAKey"},
        .use = USE_HONOURED,
        .rule = RULE_APPEND,
        FIELD(host_key),
        .type = &type_path_list,
        .dflt = "/etc/ssh/ssh_host_rsa_key /etc/ssh/ssh_host_ecdsa_key "
                "/etc/ssh/ssh_host_ed25519_key",
        .doc = "A file with a private host key; may be given many times. Of "
               "the default ones those that exist are used.",
    },
    {
        .name = "HostCertificate",
        .use = USE_DEFAULT_ONLY,
        .rule = RULE_APPEND,
        FIELD(host_certificate),
        .type = &type_path_list,
        .doc = "A certificate for one of the host keys.",
    },
    {
        .name = "HostKeyAgent",
        .use = USE_DEFAULT_ONLY,
        FIELD(host_key_agent),
        .type = &type_agent,
        .dflt = "none",
        .doc = "The socket of an agent that holds the host keys.",
    },
    {
        .name = "HostKeyAlgorithms",
        .use = USE_HONOURED,
        FIELD(host_key_algorithms),
        .type = &type_algorithms,
        .algorithms = &algorithms_keys,
        .dflt = KEYS_DEFAULT,
        .doc = "Which signatures of host keys are offered, in order. A "
               "leading + adds to the default, - removes, ^ puts in front; "
               "names that only OpenSSH provides are left out with a "
               "warning.",
    },
    {
        .name = "KexAlgorithms",
        .use = USE_HONOURED,
        FIELD(kex_algorithms),
        .type = &type_algorithms,
        .algorithms = &algorithms_kex,
        .dflt = POST_QUANTUM
        "curve25519-sha256,curve25519-sha256@libssh.org,"
        "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521",
        .doc = "The key exchange methods offered, in order, written as for "
               "HostKeyAlgorithms.",
    },
    {
        .name = "Ciphers",
        .use = USE_HONOURED,
        FIELD(ciphers),
        .type = &type_algorithms,
        .algorithms = &algorithms_ciphers,
        .dflt = "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,"
                "aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr",
        .doc = "The ciphers offered, in order, written as for "
               "HostKeyAlgorithms.",
    },
    {
        .name = "MACs",
        .use = USE_HONOURED,
        FIELD(macs),
        .type = &type_algorithms,
        .algorithms = &algorithms_macs,
        .dflt = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
                "hmac-sha2-256,hmac-sha2-512",
        .doc = "The message authentication codes offered, in order, written "
               "as for HostKeyAlgorithms.",
    },
    {
        .name = "CASignatureAlgorithms",
        .use = USE_DEFAULT_ONLY,
        .scope = SCOPE_MATCH,
        FIELD(ca_signature_algorithms),
        .type = &type_algorithms,
        .algorithms = &algorithms_ca,
        .dflt = KEYS_DEFAULT,
        .since = "7.9",
        .doc = "Which signatures of certificate authorities count.",
    },
    {
        .name = "RequiredRSASize",
        .use = USE_DEFAULT_ONLY,
        .scope = SCOPE_MATCH,
        FIELD(required_rsa_size),
        .type = &type_number,
        .dflt = "1024",
        .since = "9.1",
        .doc = "The least number of bits of an RSA key of any kind.",
    },
    {
        .name = "RekeyLimit",
        .use = USE_HONOURED,
        .scope = SCOPE_MATCH,
        .rule = RULE_SLOTS,
        FIELD(rekey_limit),
        .type = &type_rekey,
        .dflt = "default none",
        .doc = "After how many bytes, and after what time, new keys are "
               "agreed on. The size and the time are separate: each is the "
               "first one written.",
    },
    {
        .name = "Compression",
        .use = USE_HONOURED,
        FIELD(compression),
        .type = &type_choice,
        .choices = compressions,
        .dflt = "yes",
        .doc = "Whether compression is allowed. It begins after the login, "
               "so yes and delayed are the same.",
    },
    {
        .name = "VersionAddendum",
        .use = USE_HONOURED,
        FIELD(version_addendum),
        .type = &type_tail,
        .dflt = "none",
        .doc = "Text behind the version that the server greets with.",
    },
    {
        .name = "ModuliFile",
        .use = USE_NO_EFFECT,
        FIELD(moduli_file),
        .type = &type_path,
        .dflt = "/etc/ssh/moduli",
        .since = "8.5",
        .doc = "Groups for a kind of key exchange that is not offered. "
               "Kept, without effect.",
    },
};

GROUP(keywords_transport, "Transport", rows);
