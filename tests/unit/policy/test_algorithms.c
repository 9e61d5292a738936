#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "policy/algorithms.h"
#include "policy/printout.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define CIPHERS "aes128-ctr,aes256-ctr"
#define KEYS "ssh-ed25519,rsa-sha2-512,rsa-sha2-256"

/* text against a short default; names NULL: refused with dropped as words. */
static const struct row {
    const char *shows;
    const struct algorithm_kind *kind;
    const char *text;
    const char *names;
    const char *dropped;
} rows[] = {
    {"a plain list replaces the default", &algorithms_ciphers, "aes192-ctr",
     "aes192-ctr", ""},
    {"its order counts", &algorithms_ciphers, "aes256-ctr,aes128-ctr",
     "aes256-ctr,aes128-ctr", ""},
    {"duplicates count once", &algorithms_ciphers,
     "aes128-ctr,aes192-ctr,aes128-ctr", "aes128-ctr,aes192-ctr", ""},
    {"+ appends", &algorithms_ciphers, "+aes192-ctr",
     "aes128-ctr,aes256-ctr,aes192-ctr", ""},
    {"+ of what is there changes nothing", &algorithms_ciphers, "+aes128-ctr",
     CIPHERS, ""},
    {"^ moves to the front", &algorithms_ciphers, "^aes256-ctr",
     "aes256-ctr,aes128-ctr", ""},
    {"- removes", &algorithms_ciphers, "-aes128-ctr", "aes256-ctr", ""},
    {"- takes patterns", &algorithms_ciphers, "-aes1*", "aes256-ctr", ""},
    {"- takes names that nobody knows", &algorithms_ciphers, "-rot13", CIPHERS,
     ""},
    {"- of nothing is the default", &algorithms_ciphers, "-", CIPHERS, ""},
    {"names that only OpenSSH has are left out", &algorithms_ciphers,
     "aes128-cbc,aes128-ctr,3des-cbc", "aes128-ctr", "aes128-cbc,3des-cbc"},
    {"they are left out of + as well", &algorithms_ciphers, "+aes128-cbc",
     CIPHERS, "aes128-cbc"},
    {"post-quantum key exchange is known", &algorithms_kex,
     "mlkem768x25519-sha256,curve25519-sha256", "curve25519-sha256",
     "mlkem768x25519-sha256"},
    {"key lists take patterns", &algorithms_keys, "rsa-*",
     "rsa-sha2-512,rsa-sha2-256", ""},
    {"a pattern leaves out in silence", &algorithms_keys, "ssh-ed25519*",
     "ssh-ed25519", ""},
    {"certificates are known and not provided", &algorithms_keys,
     "ssh-ed25519-cert-v01@openssh.com,ssh-ed25519", "ssh-ed25519",
     "ssh-ed25519-cert-v01@openssh.com"},
    {"SHA-1 signatures are known and not provided", &algorithms_keys,
     "+ssh-rsa", KEYS, "ssh-rsa"},
    {"an unknown cipher is refused", &algorithms_ciphers, "rot13", NULL,
     "Bad SSH2 cipher spec 'rot13'."},
    {"an unknown MAC is refused", &algorithms_macs, "hmac-sha1,x", NULL,
     "Bad SSH2 mac spec 'hmac-sha1,x'."},
    {"an unknown key exchange is refused", &algorithms_kex, "+x", NULL,
     "Bad SSH2 KexAlgorithms '+x'."},
    {"an unknown key type is refused", &algorithms_keys, "^x", NULL,
     "Bad key types '^x'."},
    {"a pattern that matches nothing is refused", &algorithms_keys, "x*", NULL,
     "Bad key types 'x*'."},
    {"ciphers take no patterns", &algorithms_ciphers, "aes*", NULL,
     "Bad SSH2 cipher spec 'aes*'."},
    {"! inside a list is refused", &algorithms_keys, "ssh-*,!ssh-dss", NULL,
     "Bad key types 'ssh-*,!ssh-dss'."},
    {"names are matched with regard to case", &algorithms_ciphers, "AES128-CTR",
     NULL, "Bad SSH2 cipher spec 'AES128-CTR'."},
    {"a sign alone is refused", &algorithms_ciphers, "+", NULL,
     "Bad SSH2 cipher spec '+'."},
    {"commas alone are refused", &algorithms_ciphers, ",,", NULL,
     "Bad SSH2 cipher spec ',,'."},
    {"removing everything is refused", &algorithms_ciphers, "-*", NULL,
     "none of the names in '-*' is provided here"},
    {"only names we lack is refused", &algorithms_ciphers, "aes128-cbc", NULL,
     "none of the names in 'aes128-cbc' is provided here"},
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new();
    struct algorithm_choice chosen;
    struct printout out = {0};
    struct diag err = {0};
    const char *dflt = row->kind == &algorithms_ciphers ? CIPHERS
                       : row->kind == &algorithms_keys  ? KEYS
                                                        : "";
    int r = algorithms_expand(row->kind, row->text, dflt, arena, &chosen, &err);

    if (row->names == NULL) {
        assert_int_equal(r, -EINVAL);
        assert_string_equal(err.text, row->dropped);
    } else {
        assert_int_equal(r, 0);
        assert_string_equal(chosen.dropped, row->dropped);
        for (size_t i = 0; i < chosen.count; i++) {
            printout_add(&out, "%s%s", i > 0 ? "," : "", chosen.names[i]);
        }
        assert_string_equal(out.text, row->names);
    }
    printout_done(&out);
    arena_free(arena);
}

static const char *const expected[][2] = {
    {"kex", "curve25519-sha256,curve25519-sha256@libssh.org,"
            "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
            "diffie-hellman-group16-sha512,diffie-hellman-group14-sha256,"},
    {"ciphers", "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,"
                "aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,"},
    {"macs", "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
             "hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,"
             "hmac-sha1,"},
    {"keys", "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
             "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,"},
};

static void
test_what_is_provided(void **state)
{
    static const struct algorithm_kind *const kinds[] = {
        &algorithms_kex, &algorithms_ciphers, &algorithms_macs,
        &algorithms_keys};

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct printout out = {0};

        for (size_t i = 0; i < kinds[k]->count; i++) {
            if (kinds[k]->list[i].implemented) {
                printout_add(&out, "%s,", kinds[k]->list[i].name);
            }
        }
        assert_string_equal(out.text, expected[k][1]);
        printout_done(&out);
    }
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1];

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    tests[COUNT(rows)] =
        (struct CMUnitTest)cmocka_unit_test(test_what_is_provided);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
