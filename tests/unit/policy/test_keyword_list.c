#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <strings.h>

#include "policy/keyword.h"
#include "tests/unit/policy/each_row.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Every word of an sshd_config, and what becomes of it. */
static const struct {
    const char *name;
    enum use use;
} words[] = {
    {"Include", USE_STRUCTURE},
    {"Match", USE_STRUCTURE},
    {"Port", USE_HONOURED},
    {"ListenAddress", USE_HONOURED},
    {"AddressFamily", USE_HONOURED},
    {"PidFile", USE_HONOURED},
    {"LogLevel", USE_HONOURED},
    {"SyslogFacility", USE_HONOURED},
    {"LoginGraceTime", USE_HONOURED},
    {"HostKey", USE_HONOURED},
    {"HostKeyAlgorithms", USE_HONOURED},
    {"KexAlgorithms", USE_HONOURED},
    {"Ciphers", USE_HONOURED},
    {"MACs", USE_HONOURED},
    {"RekeyLimit", USE_HONOURED},
    {"UsePAM", USE_HONOURED},
    {"PasswordAuthentication", USE_HONOURED},
    {"KbdInteractiveAuthentication", USE_HONOURED},
    {"PubkeyAuthentication", USE_HONOURED},
    {"PubkeyAcceptedAlgorithms", USE_HONOURED},
    {"MaxAuthTries", USE_HONOURED},
    {"PermitRootLogin", USE_HONOURED},
    {"AllowUsers", USE_HONOURED},
    {"DenyUsers", USE_HONOURED},
    {"AllowGroups", USE_HONOURED},
    {"DenyGroups", USE_HONOURED},
    {"AuthorizedKeysFile", USE_HONOURED},
    {"StrictModes", USE_HONOURED},
    {"DisableForwarding", USE_HONOURED},
    {"AllowTcpForwarding", USE_HONOURED},
    {"PermitOpen", USE_HONOURED},
    {"PermitListen", USE_HONOURED},
    {"GatewayPorts", USE_HONOURED},
    {"LogVerbose", USE_NO_EFFECT},
    {"Compression", USE_HONOURED},
    {"ModuliFile", USE_NO_EFFECT},
    {"PubkeyAuthOptions", USE_NO_EFFECT},
    {"ExposeAuthInfo", USE_NO_EFFECT},
    {"AllowStreamLocalForwarding", USE_HONOURED},
    {"StreamLocalBindMask", USE_HONOURED},
    {"StreamLocalBindUnlink", USE_HONOURED},
    {"PermitTunnel", USE_NO_EFFECT},
    {"MaxSessions", USE_HONOURED},
    {"ForceCommand", USE_NO_EFFECT},
    {"Subsystem", USE_NO_EFFECT},
    {"PermitTTY", USE_NO_EFFECT},
    {"PermitUserRC", USE_NO_EFFECT},
    {"PermitUserEnvironment", USE_NO_EFFECT},
    {"AcceptEnv", USE_NO_EFFECT},
    {"SetEnv", USE_NO_EFFECT},
    {"PrintMotd", USE_NO_EFFECT},
    {"PrintLastLog", USE_NO_EFFECT},
    {"AllowAgentForwarding", USE_NO_EFFECT},
    {"X11Forwarding", USE_NO_EFFECT},
    {"X11DisplayOffset", USE_NO_EFFECT},
    {"X11UseLocalhost", USE_NO_EFFECT},
    {"XAuthLocation", USE_NO_EFFECT},
    {"IgnoreRhosts", USE_NO_EFFECT},
    {"IgnoreUserKnownHosts", USE_NO_EFFECT},
    {"HostbasedUsesNameFromPacketOnly", USE_NO_EFFECT},
    {"HostbasedAcceptedAlgorithms", USE_NO_EFFECT},
    {"SecurityKeyProvider", USE_NO_EFFECT},
    {"SshdSessionPath", USE_NO_EFFECT},
    {"SshdAuthPath", USE_NO_EFFECT},
    {"FingerprintHash", USE_DEFAULT_ONLY},
    {"MaxStartups", USE_HONOURED},
    {"PerSourceMaxStartups", USE_HONOURED},
    {"PerSourceNetBlockSize", USE_HONOURED},
    {"PerSourcePenalties", USE_HONOURED},
    {"PerSourcePenaltyExemptList", USE_HONOURED},
    {"UseDNS", USE_HONOURED},
    {"TCPKeepAlive", USE_HONOURED},
    {"IPQoS", USE_HONOURED},
    {"HostCertificate", USE_DEFAULT_ONLY},
    {"HostKeyAgent", USE_DEFAULT_ONLY},
    {"CASignatureAlgorithms", USE_DEFAULT_ONLY},
    {"RequiredRSASize", USE_DEFAULT_ONLY},
    {"VersionAddendum", USE_HONOURED},
    {"PAMServiceName", USE_DEFAULT_ONLY},
    {"PermitEmptyPasswords", USE_DEFAULT_ONLY},
    {"AuthenticationMethods", USE_DEFAULT_ONLY},
    {"AuthorizedKeysCommand", USE_DEFAULT_ONLY},
    {"AuthorizedKeysCommandUser", USE_DEFAULT_ONLY},
    {"TrustedUserCAKeys", USE_DEFAULT_ONLY},
    {"AuthorizedPrincipalsFile", USE_DEFAULT_ONLY},
    {"AuthorizedPrincipalsCommand", USE_DEFAULT_ONLY},
    {"AuthorizedPrincipalsCommandUser", USE_DEFAULT_ONLY},
    {"RevokedKeys", USE_DEFAULT_ONLY},
    {"RefuseConnection", USE_HONOURED},
    {"Banner", USE_HONOURED},
    {"HostbasedAuthentication", USE_DEFAULT_ONLY},
    {"ChrootDirectory", USE_DEFAULT_ONLY},
    {"ClientAliveInterval", USE_HONOURED},
    {"ClientAliveCountMax", USE_HONOURED},
    {"ChannelTimeout", USE_HONOURED},
    {"UnusedConnectionTimeout", USE_HONOURED},
    {"RDomain", USE_REFUSED},
    {"GSSAPIAuthentication", USE_UNSUPPORTED},
    {"GSSAPICleanupCredentials", USE_UNSUPPORTED},
    {"GSSAPIDelegateCredentials", USE_UNSUPPORTED},
    {"GSSAPIStrictAcceptorCheck", USE_UNSUPPORTED},
    {"KerberosAuthentication", USE_UNSUPPORTED},
    {"KerberosOrLocalPasswd", USE_UNSUPPORTED},
    {"KerberosTicketCleanup", USE_UNSUPPORTED},
    {"KerberosGetAFSToken", USE_UNSUPPORTED},
    {"GSSAPIKeyExchange", USE_UNSUPPORTED},
    {"GSSAPIStoreCredentialsOnRekey", USE_UNSUPPORTED},
    {"GSSAPIKexAlgorithms", USE_UNSUPPORTED},
    {"GSSAPIEnablek5users", USE_UNSUPPORTED},
    {"KerberosUseKuserok", USE_UNSUPPORTED},
    {"KerberosUniqueCCache", USE_UNSUPPORTED},
    {"DebianBanner", USE_UNSUPPORTED},
    {"ServerKeyBits", USE_DEPRECATED},
    {"KeyRegenerationInterval", USE_DEPRECATED},
    {"RHostsAuthentication", USE_DEPRECATED},
    {"RhostsRSAAuthentication", USE_DEPRECATED},
    {"RSAAuthentication", USE_DEPRECATED},
    {"CheckMail", USE_DEPRECATED},
    {"UseLogin", USE_DEPRECATED},
    {"VerifyReverseMapping", USE_DEPRECATED},
    {"ReverseMappingCheck", USE_DEPRECATED},
    {"AuthorizedKeysFile2", USE_DEPRECATED},
    {"UsePrivilegeSeparation", USE_DEPRECATED},
    {"KerberosTgtPassing", USE_DEPRECATED},
    {"AFSTokenPassing", USE_DEPRECATED},
    {"Protocol", USE_IGNORED},
};

/* sshd's list of what may stand within a Match block. */
static const char *const in_match[] = {
    "RhostsRSAAuthentication",
    "RSAAuthentication",
    "AuthorizedKeysFile2",
    "AcceptEnv",
    "AllowAgentForwarding",
    "AllowGroups",
    "AllowStreamLocalForwarding",
    "AllowTcpForwarding",
    "AllowUsers",
    "AuthenticationMethods",
    "AuthorizedKeysCommand",
    "AuthorizedKeysCommandUser",
    "AuthorizedKeysFile",
    "AuthorizedPrincipalsCommand",
    "AuthorizedPrincipalsCommandUser",
    "AuthorizedPrincipalsFile",
    "Banner",
    "CASignatureAlgorithms",
    "ChannelTimeout",
    "ChrootDirectory",
    "ClientAliveCountMax",
    "ClientAliveInterval",
    "DenyGroups",
    "DenyUsers",
    "DisableForwarding",
    "ExposeAuthInfo",
    "ForceCommand",
    "GatewayPorts",
    "GSSAPIAuthentication",
    "HostbasedAcceptedAlgorithms",
    "HostbasedAuthentication",
    "HostbasedUsesNameFromPacketOnly",
    "IgnoreRhosts",
    "Include",
    "IPQoS",
    "KbdInteractiveAuthentication",
    "KerberosAuthentication",
    "LogLevel",
    "LogVerbose",
    "Match",
    "MaxAuthTries",
    "MaxSessions",
    "PAMServiceName",
    "PasswordAuthentication",
    "PermitEmptyPasswords",
    "PermitListen",
    "PermitOpen",
    "PermitRootLogin",
    "PermitTTY",
    "PermitTunnel",
    "PermitUserRC",
    "PubkeyAcceptedAlgorithms",
    "PubkeyAuthentication",
    "PubkeyAuthOptions",
    "RDomain",
    "RefuseConnection",
    "RekeyLimit",
    "RequiredRSASize",
    "RevokedKeys",
    "SetEnv",
    "StreamLocalBindMask",
    "StreamLocalBindUnlink",
    "Subsystem",
    "TrustedUserCAKeys",
    "UnusedConnectionTimeout",
    "X11DisplayOffset",
    "X11Forwarding",
    "X11UseLocalhost",
};

/* What sshd does not know: each may stand within a Match block. */
static const char *const ours[] = {
    "ExplainDenials",        "GrantOpen",       "DenyOpen",
    "GrantListen",           "DenyListen",      "ListenFrom",
    "GrantOpenPath",         "GrantListenPath", "PrivilegedPorts",
    "MaxForwards",           "MaxListeners",    "MaxConnectionsPerUser",
    "MaxConnectionLifetime", "ConnectTimeout",  "ForwardRateLimit",
    "MaxForwardWindow",
};

static bool
is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static size_t rows_seen;

static void
is_listed(const struct keyword *kw)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(words[i].name, kw->name) == 0) {
            assert_int_equal(kw->use, words[i].use);
            rows_seen++;
            return;
        }
    }
    if (kw->ours) {
        assert_int_equal(kw->use, USE_HONOURED);
        return;
    }
    fail_msg("%s is not in the list of this test", kw->name);
}

static void
test_every_word_of_sshd_has_one_row(void **state)
{
    (void)state;
    rows_seen = 0;
    each_row(is_listed);
    assert_int_equal(rows_seen, COUNT(words));
    for (size_t i = 0; i < COUNT(words); i++) {
        const struct keyword *kw = keyword_find(words[i].name);

        assert_non_null(kw);
        assert_string_equal(kw->name, words[i].name);
    }
}

static void
has_the_right_scope(const struct keyword *kw)
{
    bool listed = kw->ours || is_one_of(kw->name, in_match, COUNT(in_match));

    assert_int_equal(kw->scope, listed ? SCOPE_MATCH : SCOPE_GLOBAL);
}

static void
test_what_may_stand_in_a_match_block(void **state)
{
    (void)state;
    each_row(has_the_right_scope);
    for (size_t i = 0; i < COUNT(in_match); i++) {
        assert_non_null(keyword_find(in_match[i]));
    }
}

static void
says_whose_it_is(const struct keyword *kw)
{
    assert_int_equal(kw->ours, is_one_of(kw->name, ours, COUNT(ours)));
    assert_true(!kw->ours || kw->since == NULL);
}

static void
test_what_sshd_does_not_know_says_so(void **state)
{
    (void)state;
    each_row(says_whose_it_is);
    for (size_t i = 0; i < COUNT(ours); i++) {
        assert_non_null(keyword_find(ours[i]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_word_of_sshd_has_one_row),
        cmocka_unit_test(test_what_may_stand_in_a_match_block),
        cmocka_unit_test(test_what_sshd_does_not_know_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
