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
#include "tests/unit/policy/each_row.h"
#include "tests/unit/policy/fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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
    bool merges = kw->rule == RULE_APPEND || kw->rule == RULE_GATHER ||
                  kw->rule == RULE_SLOTS;

    assert_int_equal(kw->type != NULL, keeps);
    if (kw->type != NULL) {
        assert_int_equal(kw->type->merge != NULL, merges);
        assert_int_equal(kw->choices != NULL,
                         kw->type == &type_choice ||
                             kw->type == &type_choice_exact ||
                             kw->type == &type_hash);
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
    {"FingerprintHash md5", "SHA256"},
    {"HostCertificate /x", "none"},
    {"HostKeyAgent /x", "none"},
    {"CASignatureAlgorithms rsa-sha2-512", NULL},
    {"RequiredRSASize 2048", "1024"},
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
    {"HostbasedAuthentication yes", "no"},
    {"ChrootDirectory /x", "none"},
};

static size_t default_only;

static void
count_default_only(const struct keyword *kw)
{
    default_only += kw->use == USE_DEFAULT_ONLY ? 1 : 0;
}

static void
test_what_is_not_honoured_is_not_ignored(void **state)
{
    (void)state;
    default_only = 0;
    each_row(count_default_only);
    assert_int_equal(default_only, COUNT(refused));
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
