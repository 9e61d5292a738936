#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>

#include "server/auth/host_key.h"
#include "server/auth/public_key.h"
#include "tests/unit/server/auth/scratch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One key of each kind, in each format that ssh-keygen can write. */
static const struct row {
    const char *shows, *name, *flags;
    enum host_key_type type;
    int digest; /* NID to sign with */
} rows[] = {
    {"Ed25519", "ed25519", "-t ed25519", HOST_KEY_ED25519, 0},
    {"ECDSA on P-256", "p256", "-t ecdsa -b 256", HOST_KEY_ECDSA, NID_sha256},
    {"ECDSA on P-384", "p384", "-t ecdsa -b 384", HOST_KEY_ECDSA, NID_sha384},
    {"ECDSA on P-521", "p521", "-t ecdsa -b 521", HOST_KEY_ECDSA, NID_sha512},
    {"RSA", "rsa", "-t rsa -b 2048", HOST_KEY_RSA, NID_sha256},
    {"RSA with the longer hash", "rsa-b", "-t rsa -b 3072", HOST_KEY_RSA,
     NID_sha512},
    {"ECDSA in SEC1", "p256-sec1", "-t ecdsa -b 256 -m PEM", HOST_KEY_ECDSA,
     NID_sha256},
    {"ECDSA in PKCS#8", "p521-p8", "-t ecdsa -b 521 -m PKCS8", HOST_KEY_ECDSA,
     NID_sha512},
    {"RSA in PKCS#1", "rsa-p1", "-t rsa -b 2048 -m PEM", HOST_KEY_RSA,
     NID_sha512},
    {"RSA in PKCS#8", "rsa-p8", "-t rsa -b 2048 -m PKCS8", HOST_KEY_RSA,
     NID_sha256},
};

static int
load(const char *name, unsigned min_bits, struct host_key **ret,
     struct diag *err)
{
    size_t size = 0;
    char *text = scratch_read(name, &size);
    int r = host_key_new(text, size, min_bits, ret, err);

    free(text);
    return r;
}

/* Does libcrypto, with the public key from ssh-keygen, accept a signature? */
static bool
is_signed(const struct row *row, const uint8_t *sig, size_t size,
          const char *data)
{
    const char *digest = row->digest == 0 ? NULL : OBJ_nid2sn(row->digest);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY *key = NULL;
    BIO *bio = NULL;
    bool good = false;

    scratch_run("ssh-keygen -e -m PKCS8 -f %s.pub >pem", row->name);
    bio = BIO_new_file(scratch_path("pem"), "r");
    key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    assert_non_null(key);
    assert_int_equal(
        EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL), 1);
    good = EVP_DigestVerify(ctx, sig, size, (const uint8_t *)data,
                            strlen(data)) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return good;
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct host_key *key = NULL;
    struct wire_bytes expected, blob;
    struct diag err = {.text = ""};
    uint8_t room[8192], sig[1024];
    size_t size = sizeof(sig);
    char name[40];

    scratch_run("ssh-keygen -q -N '' -f %s %s", row->name, row->flags);
    assert_int_equal(load(row->name, 2048, &key, &err), 0);
    assert_int_equal(host_key_type(key), row->type);
    snprintf(name, sizeof(name), "%s.pub", row->name);
    expected = scratch_blob(name, room);
    blob = host_key_blob(key);
    assert_int_equal(blob.size, expected.size);
    assert_memory_equal(blob.data, expected.data, expected.size);
    assert_int_equal(host_key_sign(key, row->digest, "data", 4, sig, &size), 0);
    if (row->type != HOST_KEY_ED25519) { /* ssh-keygen does not export it */
        assert_true(is_signed(row, sig, size, "data"));
        assert_false(is_signed(row, sig, size, "datb"));
    } else {
        assert_int_equal(size, 64);
    }
    host_key_free(key);
}

/* As a client would see it: our own verification of SSH signatures. */
static void
test_ssh_signatures_verify(void **state)
{
    static const char *const algorithms[COUNT(rows)] = {
        "ssh-ed25519",         "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521", "rsa-sha2-512",        "rsa-sha2-512",
        "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", "rsa-sha2-512",
        "rsa-sha2-512"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct host_key *key = NULL;
        struct diag err = {.text = ""};
        uint8_t sig[HOST_KEY_SIGNATURE_MAX];
        size_t size = sizeof(sig);

        assert_int_equal(load(rows[i].name, 2048, &key, &err), 0);
        assert_int_equal(host_key_sign_ssh(key, "data", 4, sig, &size), 0);
        assert_int_equal(public_key_verify(host_key_blob(key),
                                           (struct wire_bytes){sig, size},
                                           algorithms[i], 2048, "data", 4),
                         0);
        assert_int_equal(public_key_verify(host_key_blob(key),
                                           (struct wire_bytes){sig, size},
                                           algorithms[i], 2048, "datb", 4),
                         -EKEYREJECTED);
        size = 40;
        assert_int_equal(host_key_sign_ssh(key, "data", 4, sig, &size),
                         -EINVAL);
        host_key_free(key);
    }
}

static void
test_ed25519_signs_as_libcrypto_does(void **state)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *bio = BIO_new(BIO_s_mem());
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct host_key *key = NULL;
    struct diag err = {.text = ""};
    char *text = NULL;
    uint8_t sig[64];
    size_t size = sizeof(sig);
    size_t written = 0;

    (void)state;
    PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
    written = (size_t)BIO_get_mem_data(bio, &text);
    assert_int_equal(host_key_new(text, written, 0, &key, &err), 0);
    assert_int_equal(host_key_type(key), HOST_KEY_ED25519);
    assert_int_equal(host_key_sign(key, 0, "data", 4, sig, &size), 0);
    EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL);
    assert_int_equal(
        EVP_DigestVerify(ctx, sig, size, (const uint8_t *)"data", 4), 1);
    host_key_free(key);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
}

static void
test_what_cannot_be_used_is_refused_with_words(void **state)
{
    static const struct {
        const char *command; /* writes the file "bad" */
        int r;
        const char *words;
    } bad[] = {
        {"ssh-keygen -q -t ed25519 -N secret -f bad", -EACCES, "passphrase"},
        {"ssh-keygen -q -t rsa -b 2048 -N secret -f bad", -EACCES,
         "passphrase"},
        {"ssh-keygen -q -t rsa -b 2048 -m PEM -N secret -f bad", -EACCES,
         "passphrase"},
        {"ssh-keygen -q -t rsa -b 2048 -m PKCS8 -N secret -f bad", -EACCES,
         "passphrase"},
        {"ssh-keygen -q -t rsa -b 1024 -N '' -f bad", -EINVAL, "1024"},
        {"ssh-keygen -q -t rsa -b 1024 -m PEM -N '' -f bad", -EINVAL, "1024"},
        {"openssl ecparam -name secp256k1 -genkey -noout -out bad", -ENOTSUP,
         "secp256k1"},
        {"for k in a b; do openssl ecparam -name prime256v1 -genkey -noout "
         "-outform DER -out $k || exit 1; done; "
         "(echo '-----BEGIN EC PRIVATE KEY-----'; "
         "(head -c 7 a; tail -c +8 b | head -c 32; tail -c +40 a) | base64; "
         "echo '-----END EC PRIVATE KEY-----') >bad",
         -EINVAL, "do not belong together"},
        {"openssl genpkey -algorithm X25519 -out bad", -ENOTSUP, "type"},
        {"ssh-keygen -q -t ed25519 -N '' -f bad && mv bad.pub bad", -EINVAL,
         "format"},
        {"printf 'hello\\n' >bad", -EINVAL, "format"},
        {": >bad", -EINVAL, "format"},
        {"head -c 90000 /dev/zero >bad", -EINVAL, "larger"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct host_key *key = NULL;
        struct diag err = {.text = ""};

        scratch_run("rm -f bad bad.pub && %s", bad[i].command);
        assert_int_equal(load("bad", 2048, &key, &err), bad[i].r);
        assert_null(key);
        assert_non_null(strstr(err.text, bad[i].words));
    }
}

static void
test_a_file_that_is_cut_anywhere_is_refused(void **state)
{
    static const char *const names[] = {"ed25519", "p256", "rsa", "rsa-p1"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        size_t size = 0;
        char *text = scratch_read(names[i], &size);

        for (size_t cut = 0; cut < size - 2; cut += 1 + cut / 40) {
            struct host_key *key = NULL;
            struct diag err = {.text = ""};

            assert_true(host_key_new(text, cut, 2048, &key, &err) < 0);
            assert_null(key);
        }
        free(text);
    }
}

/* A changed character breaks the key, or it was of no consequence. */
static void
test_a_changed_file_never_gives_another_key(void **state)
{
    static const char *const names[] = {"ed25519", "p384", "rsa"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        uint8_t room[8192];
        char name[40];
        size_t size = 0;
        char *text = scratch_read(names[i], &size);
        struct wire_bytes expected;

        snprintf(name, sizeof(name), "%s.pub", names[i]);
        expected = scratch_blob(name, room);
        for (size_t at = 0; at < size; at += 3) {
            struct host_key *key = NULL;
            struct diag err = {.text = ""};

            text[at] ^= 1;
            if (host_key_new(text, size, 2048, &key, &err) == 0) {
                struct wire_bytes blob = host_key_blob(key);

                assert_int_equal(blob.size, expected.size);
                assert_memory_equal(blob.data, expected.data, blob.size);
                host_key_free(key);
            }
            text[at] ^= 1;
        }
        free(text);
    }
}

static void
test_lines_may_end_as_on_windows(void **state)
{
    struct host_key *key = NULL;
    struct diag err = {.text = ""};

    (void)state;
    scratch_run("sed 's/$/\\r/' ed25519 >crlf");
    assert_int_equal(load("crlf", 2048, &key, &err), 0);
    host_key_free(key);
}

static void
test_only_the_hashes_of_ssh_are_signed(void **state)
{
    static const struct {
        const char *name;
        int digest, r;
    } sums[] = {
        {"rsa", NID_sha256, 0},
        {"rsa", NID_sha512, 0},
        {"rsa", NID_sha1, -EINVAL},
        {"rsa", NID_sha384, -EINVAL},
        {"rsa", 0, -EINVAL},
        {"p256", NID_sha256, 0},
        {"p256", NID_sha512, -EINVAL},
        {"p384", NID_sha384, 0},
        {"ed25519", 0, 0},
        {"ed25519", NID_sha256, -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(sums); i++) {
        struct host_key *key = NULL;
        struct diag err = {.text = ""};
        uint8_t sig[512];
        size_t size = sizeof(sig);

        assert_int_equal(load(sums[i].name, 2048, &key, &err), 0);
        assert_int_equal(host_key_sign(key, sums[i].digest, "x", 1, sig, &size),
                         sums[i].r);
        host_key_free(key);
    }
}

static void
test_a_signature_needs_room(void **state)
{
    static const char *const names[] = {"rsa", "p256", "ed25519"};
    static const int digests[] = {NID_sha256, NID_sha256, 0};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct host_key *key = NULL;
        struct diag err = {.text = ""};
        uint8_t sig[8];
        size_t size = sizeof(sig);

        assert_int_equal(load(names[i], 2048, &key, &err), 0);
        assert_int_equal(host_key_sign(key, digests[i], "x", 1, sig, &size),
                         -EINVAL);
        host_key_free(key);
    }
    host_key_free(NULL);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 8];
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_ssh_signatures_verify),
        cmocka_unit_test(test_ed25519_signs_as_libcrypto_does),
        cmocka_unit_test(test_what_cannot_be_used_is_refused_with_words),
        cmocka_unit_test(test_a_file_that_is_cut_anywhere_is_refused),
        cmocka_unit_test(test_a_changed_file_never_gives_another_key),
        cmocka_unit_test(test_lines_may_end_as_on_windows),
        cmocka_unit_test(test_only_the_hashes_of_ssh_are_signed),
        cmocka_unit_test(test_a_signature_needs_room),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    memcpy(tests + COUNT(rows), plain, sizeof(plain));
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
