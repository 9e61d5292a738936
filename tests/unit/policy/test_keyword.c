#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/keyword.h"
#include "tests/unit/policy/fixture.h"

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
    {"Compression", USE_NO_EFFECT},
    {"ModuliFile", USE_NO_EFFECT},
    {"PubkeyAuthOptions", USE_NO_EFFECT},
    {"ExposeAuthInfo", USE_NO_EFFECT},
    {"AllowStreamLocalForwarding", USE_NO_EFFECT},
    {"StreamLocalBindMask", USE_NO_EFFECT},
    {"StreamLocalBindUnlink", USE_NO_EFFECT},
    {"PermitTunnel", USE_NO_EFFECT},
    {"MaxSessions", USE_NO_EFFECT},
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
    {"MaxStartups", USE_DEFAULT_ONLY},
    {"PerSourceMaxStartups", USE_DEFAULT_ONLY},
    {"PerSourceNetBlockSize", USE_DEFAULT_ONLY},
    {"PerSourcePenalties", USE_DEFAULT_ONLY},
    {"PerSourcePenaltyExemptList", USE_DEFAULT_ONLY},
    {"UseDNS", USE_DEFAULT_ONLY},
    {"TCPKeepAlive", USE_DEFAULT_ONLY},
    {"IPQoS", USE_DEFAULT_ONLY},
    {"HostCertificate", USE_DEFAULT_ONLY},
    {"HostKeyAgent", USE_DEFAULT_ONLY},
    {"CASignatureAlgorithms", USE_DEFAULT_ONLY},
    {"RequiredRSASize", USE_DEFAULT_ONLY},
    {"VersionAddendum", USE_DEFAULT_ONLY},
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
    {"RefuseConnection", USE_DEFAULT_ONLY},
    {"Banner", USE_DEFAULT_ONLY},
    {"HostbasedAuthentication", USE_DEFAULT_ONLY},
    {"ChrootDirectory", USE_DEFAULT_ONLY},
    {"ClientAliveInterval", USE_DEFAULT_ONLY},
    {"ClientAliveCountMax", USE_DEFAULT_ONLY},
    {"ChannelTimeout", USE_DEFAULT_ONLY},
    {"UnusedConnectionTimeout", USE_DEFAULT_ONLY},
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

typedef void row_fn(const struct keyword *kw);

static void
each_row(row_fn *check)
{
    for (size_t g = 0; g < KEYWORD_GROUPS; g++) {
        for (size_t i = 0; i < keyword_groups[g]->count; i++) {
            check(&keyword_groups[g]->list[i]);
        }
    }
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
    bool listed = false;

    for (size_t i = 0; i < COUNT(in_match); i++) {
        listed = listed || strcmp(in_match[i], kw->name) == 0;
    }
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
is_documented(const struct keyword *kw)
{
    assert_non_null(kw->doc);
    assert_true(strlen(kw->doc) > 20);
    assert_int_equal(kw->doc[strlen(kw->doc) - 1], '.');
}

static void
test_every_row_is_documented(void **state)
{
    (void)state;
    each_row(is_documented);
}

static void
is_whole(const struct keyword *kw)
{
    bool keeps = kw->use == USE_HONOURED || kw->use == USE_NO_EFFECT ||
                 kw->use == USE_DEFAULT_ONLY;
    bool merges = kw->rule == RULE_APPEND || kw->rule == RULE_SLOTS;

    assert_int_equal(kw->type != NULL, keeps);
    if (kw->type != NULL) {
        assert_int_equal(kw->type->merge != NULL, merges);
        assert_int_equal(kw->choices != NULL, kw->type == &type_choice);
        assert_int_equal(kw->algorithms != NULL, kw->type == &type_algorithms);
        assert_non_null(kw->type->syntax);
        assert_true(kw->field + kw->type->size <= sizeof(struct settings));
    }
}

static void
test_every_row_has_what_its_type_needs(void **state)
{
    (void)state;
    each_row(is_whole);
}

static const struct keyword *current;

static void
does_not_overlap(const struct keyword *kw)
{
    if (kw != current && kw->type != NULL) {
        assert_true(kw->field >= current->field + current->type->size ||
                    current->field >= kw->field + kw->type->size);
    }
}

static void
overlaps_with_none(const struct keyword *kw)
{
    current = kw;
    if (kw->type != NULL) {
        each_row(does_not_overlap);
    }
}

static void
test_no_two_rows_share_a_field(void **state)
{
    (void)state;
    each_row(overlaps_with_none);
}

/* "Keyword default" for each word of the default, as a file has it. */
static void
write_default(const struct keyword *kw, struct printout *out)
{
    if (kw->rule != RULE_APPEND) {
        printout_add(out, "%s %s\n", kw->name, kw->dflt);
        return;
    }
    for (const char *p = kw->dflt; *p != '\0'; p += strspn(p, " ")) {
        int len = (int)strcspn(p, " ");

        printout_add(out, "%s %.*s\n", kw->name, len, p);
        p += len;
    }
}

static void
default_survives_a_round_trip(const struct keyword *kw)
{
    struct config none = config_text("");
    struct config some;
    struct printout text = {0};
    struct printout want = {0};
    struct printout have = {0};

    if (kw->dflt != NULL && kw->type != NULL) {
        write_default(kw, &text);
        some = config_text(text.text);
        assert_string_equal(some.said, "");
        assert_int_equal(some.r, 0);
        want = config_dump(policy_global(none.policy));
        have = config_dump(policy_global(some.policy));
        assert_string_equal(have.text, want.text);
        assert_false(
            policy_is_default(keyword_value(kw, policy_global(some.policy))));
        policy_free(some.policy);
    }
    printout_done(&text);
    printout_done(&want);
    printout_done(&have);
    policy_free(none.policy);
}

static void
test_every_default_survives_a_round_trip(void **state)
{
    (void)state;
    each_row(default_survives_a_round_trip);
}

static void
default_has_an_origin(const struct keyword *kw)
{
    struct config c = config_text("");

    if (kw->type != NULL) {
        assert_true(
            policy_is_default(keyword_value(kw, policy_global(c.policy))));
        assert_true(keyword_is_set(keyword_value(kw, policy_global(c.policy))));
    }
    policy_free(c.policy);
}

static void
test_every_default_says_that_it_is_one(void **state)
{
    (void)state;
    each_row(default_has_an_origin);
}

/* "%" is wrong for every type that can be wrong. */
static void
takes_anything_or_complains(const struct keyword *kw)
{
    static const char *const junk[] = {"%", "\"\"", "=x", "-1", "a b c"};

    for (size_t i = 0; i < COUNT(junk); i++) {
        char text[100];
        struct config c;

        snprintf(text, sizeof(text), "%s %s\n", kw->name, junk[i]);
        c = config_text(text);
        assert_int_equal(c.r != 0, c.policy == NULL);
        assert_true(c.r == 0 || c.said[0] != '\0');
        policy_free(c.policy);
    }
}

static void
test_bad_values_are_refused_with_words(void **state)
{
    (void)state;
    each_row(takes_anything_or_complains);
}

static void
wants_an_argument(const struct keyword *kw)
{
    char text[100];
    char want[200];
    struct config c;

    snprintf(text, sizeof(text), "%s\n", kw->name);
    snprintf(want, sizeof(want),
             "f line 1: no argument after keyword \"%s\"\n"
             "f: terminating, 1 bad configuration options\n",
             kw->name);
    c = config_text(text);
    assert_int_equal(c.r, -EINVAL);
    assert_string_equal(c.said, want);
}

static void
test_no_keyword_stands_alone(void **state)
{
    (void)state;
    each_row(wants_an_argument);
}

/* A value of its own for each row that accepts only the default. */
static const struct {
    const char *line;
    const char *dflt;
} refused[] = {
    {"FingerprintHash md5", "sha256"},
    {"MaxStartups 10", "10:30:100"},
    {"PerSourceMaxStartups 5", "none"},
    {"PerSourceNetBlockSize 24:64", "32:128"},
    {"PerSourcePenalties no", "yes"},
    {"PerSourcePenaltyExemptList 10.0.0.0/8", "none"},
    {"UseDNS yes", "no"},
    {"TCPKeepAlive no", "yes"},
    {"IPQoS lowdelay throughput", "ef cs0"},
    {"HostCertificate /x", "none"},
    {"HostKeyAgent /x", "none"},
    {"CASignatureAlgorithms rsa-sha2-512", NULL},
    {"RequiredRSASize 2048", "1024"},
    {"VersionAddendum hello", "none"},
    {"PAMServiceName other", "sshd"},
    {"PermitEmptyPasswords yes", "no"},
    {"AuthenticationMethods publickey,password", "any"},
    {"AuthorizedKeysCommand /x %u", "none"},
    {"AuthorizedKeysCommandUser nobody", "none"},
    {"TrustedUserCAKeys /x", "none"},
    {"AuthorizedPrincipalsFile /x", "none"},
    {"AuthorizedPrincipalsCommand /x", "none"},
    {"AuthorizedPrincipalsCommandUser nobody", "none"},
    {"RevokedKeys /x", "none"},
    {"RefuseConnection yes", "no"},
    {"Banner /etc/issue.net", "none"},
    {"HostbasedAuthentication yes", "no"},
    {"ChrootDirectory /x", "none"},
    {"ClientAliveInterval 30", "0"},
    {"ClientAliveCountMax 0", "3"},
    {"ChannelTimeout *=5m", "none"},
    {"UnusedConnectionTimeout 5m", "none"},
};

static void
test_what_is_not_honoured_is_not_ignored(void **state)
{
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        count += words[i].use == USE_DEFAULT_ONLY ? 1 : 0;
    }
    assert_int_equal(count, COUNT(refused));
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct config c = config_text(refused[i].line);
        char want[300];

        assert_int_equal(c.r, -EINVAL);
        assert_int_equal(c.last.severity, SEVERITY_HARD);
        assert_non_null(strstr(c.said, "is supported so far"));
        if (refused[i].dflt != NULL) {
            snprintf(want, sizeof(want),
                     "f line 1: %.*s: only the default \"%s\" is supported "
                     "so far\n",
                     (int)strcspn(refused[i].line, " "), refused[i].line,
                     refused[i].dflt);
            assert_string_equal(c.said, want);
        }
    }
}

/* Without a lookup by name they would be typing errors. */
static void
test_old_names_still_work(void **state)
{
    static const char *const names[][2] = {
        {"ChallengeResponseAuthentication", "KbdInteractiveAuthentication"},
        {"SKeyAuthentication", "KbdInteractiveAuthentication"},
        {"DSAAuthentication", "PubkeyAuthentication"},
        {"HostDSAKey", "HostKey"},
        {"KeepAlive", "TCPKeepAlive"},
        {"PubkeyAcceptedKeyTypes", "PubkeyAcceptedAlgorithms"},
        {"HostbasedAcceptedKeyTypes", "HostbasedAcceptedAlgorithms"},
        {"port", "Port"},
        {"ALLOWUSERS", "AllowUsers"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_ptr_equal(keyword_find(names[i][0]), keyword_find(names[i][1]));
    }
    assert_null(keyword_find("Ports"));
    assert_null(keyword_find(""));
    assert_null(keyword_find("0ort"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_word_of_sshd_has_one_row),
        cmocka_unit_test(test_what_may_stand_in_a_match_block),
        cmocka_unit_test(test_every_row_is_documented),
        cmocka_unit_test(test_every_row_has_what_its_type_needs),
        cmocka_unit_test(test_no_two_rows_share_a_field),
        cmocka_unit_test(test_every_default_survives_a_round_trip),
        cmocka_unit_test(test_every_default_says_that_it_is_one),
        cmocka_unit_test(test_bad_values_are_refused_with_words),
        cmocka_unit_test(test_no_keyword_stands_alone),
        cmocka_unit_test(test_what_is_not_honoured_is_not_ignored),
        cmocka_unit_test(test_old_names_still_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
