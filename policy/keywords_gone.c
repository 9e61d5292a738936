/* Rows of words that sshd or a distribution knows and nobody acts on. */
#include "policy/keyword_rows.h"

#define GONE(word, where)                                                      \
    {                                                                          \
        .name = (word), .use = USE_DEPRECATED, .scope = (where),               \
        .doc = "Accepted with any argument and a note: sshd no longer acts "   \
               "on it either.",                                                \
    }

#define NOT_BUILT_IN(word, where)                                              \
    {                                                                          \
        .name = (word), .use = USE_UNSUPPORTED, .scope = (where),              \
        .doc = "Accepted with any argument and a note, as by an sshd built "   \
               "without GSSAPI and Kerberos: they let nobody in here.",        \
    }

#define OF_A_DISTRIBUTION(word)                                                \
    {                                                                          \
        .name = (word), .use = USE_UNSUPPORTED,                                \
        .doc = "A word of a distribution's patched sshd. Accepted with any "   \
               "argument and a note, so that its stock file loads.",           \
    }

static const struct keyword rows[] = {
    GONE("ServerKeyBits", SCOPE_GLOBAL),
    GONE("KeyRegenerationInterval", SCOPE_GLOBAL),
    GONE("RHostsAuthentication", SCOPE_GLOBAL),
    GONE("RhostsRSAAuthentication", SCOPE_MATCH),
    GONE("RSAAuthentication", SCOPE_MATCH),
    GONE("CheckMail", SCOPE_GLOBAL),
    GONE("UseLogin", SCOPE_GLOBAL),
    GONE("VerifyReverseMapping", SCOPE_GLOBAL),
    GONE("ReverseMappingCheck", SCOPE_GLOBAL),
    GONE("AuthorizedKeysFile2", SCOPE_MATCH),
    GONE("UsePrivilegeSeparation", SCOPE_GLOBAL),
    GONE("KerberosTgtPassing", SCOPE_GLOBAL),
    GONE("AFSTokenPassing", SCOPE_GLOBAL),
    {
        .name = "Protocol",
        .use = USE_IGNORED,
        .doc = "Accepted with any argument: there is only protocol 2.",
    },
    NOT_BUILT_IN("GSSAPIAuthentication", SCOPE_MATCH),
    NOT_BUILT_IN("GSSAPICleanupCredentials", SCOPE_GLOBAL),
    NOT_BUILT_IN("GSSAPIDelegateCredentials", SCOPE_GLOBAL),
    NOT_BUILT_IN("GSSAPIStrictAcceptorCheck", SCOPE_GLOBAL),
    NOT_BUILT_IN("KerberosAuthentication", SCOPE_MATCH),
    NOT_BUILT_IN("KerberosOrLocalPasswd", SCOPE_GLOBAL),
    NOT_BUILT_IN("KerberosTicketCleanup", SCOPE_GLOBAL),
    NOT_BUILT_IN("KerberosGetAFSToken", SCOPE_GLOBAL),
    OF_A_DISTRIBUTION("GSSAPIKeyExchange"),
    OF_A_DISTRIBUTION("GSSAPIStoreCredentialsOnRekey"),
    OF_A_DISTRIBUTION("GSSAPIKexAlgorithms"),
    OF_A_DISTRIBUTION("GSSAPIEnablek5users"),
    OF_A_DISTRIBUTION("KerberosUseKuserok"),
    OF_A_DISTRIBUTION("KerberosUniqueCCache"),
    OF_A_DISTRIBUTION("DebianBanner"),
};

GROUP(keywords_gone, "Words without effect", rows);
