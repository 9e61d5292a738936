#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "server/auth/public_key.h"
#include "tests/unit/server/auth/scratch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char message[] = "what the client signs";

/* One key of each kind; names are those of the files. */
static const struct kind {
    const char *name, *flags, *algorithm, *word;
} kinds[] = {
    {"ed25519", "-t ed25519", "ssh-ed25519", "ED25519"},
    {"p256", "-t ecdsa -b 256", "ecdsa-sha2-nistp256", "ECDSA"},
    {"p384", "-t ecdsa -b 384", "ecdsa-sha2-nistp384", "ECDSA"},
    {"p521", "-t ecdsa -b 521", "ecdsa-sha2-nistp521", "ECDSA"},
    {"rsa", "-t rsa -b 2048 -m PEM", "rsa-sha2-512", "RSA"},
};

/* A signature by ssh-keygen -Y (PROTOCOL.sshsig), taken apart. */
static struct {
    uint8_t key_room[8192], armour[8192], data[200];
    struct wire_bytes key, signature;
    size_t data_size;
} samples[COUNT(kinds)];

static void
load_sample(size_t i)
{
    char name[40];
    size_t size = 0;
    char *text = NULL;
    char *body = NULL;
    struct wire w = {0};
    struct wire_out out = wire_into(samples[i].data, sizeof(samples[i].data));
    struct wire_bytes space, reserved, hash;
    uint8_t digest[64];

    snprintf(name, sizeof(name), "%s.pub", kinds[i].name);
    samples[i].key = scratch_blob(name, samples[i].key_room);
    snprintf(name, sizeof(name), "%s.sig", kinds[i].name);
    text = scratch_read(name, &size);
    body = strchr(text, '\n');
    size = scratch_base64(body, strcspn(body, "-"), samples[i].armour);
    free(text);
    w = wire_over(samples[i].armour, size);
    wire_raw(&w, 6); /* SSHSIG */
    wire_u32(&w);
    wire_string(&w);
    space = wire_string(&w);
    reserved = wire_string(&w);
    hash = wire_string(&w);
    samples[i].signature = wire_string(&w);
    assert_int_equal(wire_done(&w), 0);
    assert_true(wire_bytes_are(hash, "sha512"));
    EVP_Digest(message, strlen(message), digest, NULL, EVP_sha512(), NULL);
    wire_put_raw(&out, "SSHSIG", 6);
    wire_put_string(&out, space.data, space.size);
    wire_put_string(&out, reserved.data, reserved.size);
    wire_put_string(&out, hash.data, hash.size);
    wire_put_string(&out, digest, sizeof(digest));
    samples[i].data_size = (size_t)wire_out_size(&out);
}

static int
setup(void **state)
{
    if (scratch_setup(state) < 0) {
        return -1;
    }
    scratch_write("message", message, strlen(message));
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *name = kinds[i].name;

        scratch_run("ssh-keygen -q -N '' -C '' -f %s %s", name, kinds[i].flags);
        scratch_run("ssh-keygen -q -Y sign -n test -f %s <message >%s.sig "
                    "2>/dev/null",
                    name, name);
        load_sample(i);
    }
    return 0;
}

static int
verify(size_t i, struct wire_bytes signature)
{
    return public_key_verify(samples[i].key, signature, kinds[i].algorithm,
                             2048, samples[i].data, samples[i].data_size);
}

static void
test_signatures_of_ssh_keygen_are_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_int_equal(verify(i, samples[i].signature), 0);
    }
}

static void
test_other_data_is_rejected(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (size_t at = 0; at < samples[i].data_size; at += 13) {
            samples[i].data[at] ^= 1;
            assert_int_equal(verify(i, samples[i].signature), -EKEYREJECTED);
            samples[i].data[at] ^= 1;
        }
        samples[i].data_size--;
        assert_int_equal(verify(i, samples[i].signature), -EKEYREJECTED);
        samples[i].data_size++;
    }
}

static void
test_a_changed_signature_is_rejected_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct wire_bytes sig = samples[i].signature;
        uint8_t copy[1000];

        memcpy(copy, sig.data, sig.size);
        for (size_t at = 0; at < sig.size; at++) {
            copy[at] ^= 4;
            assert_true(verify(i, (struct wire_bytes){copy, sig.size}) < 0);
            copy[at] ^= 4;
        }
        for (size_t size = 0; size < sig.size; size++) {
            assert_int_equal(verify(i, (struct wire_bytes){copy, size}),
                             -EINVAL);
        }
        copy[sig.size] = 0;
        assert_int_equal(verify(i, (struct wire_bytes){copy, sig.size + 1}),
                         -EINVAL);
    }
}

static void
test_a_changed_key_is_rejected_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct wire_bytes *key = &samples[i].key;

        for (size_t at = 0; at < key->size; at++) {
            samples[i].key_room[at] ^= 4;
            assert_true(verify(i, samples[i].signature) < 0);
            samples[i].key_room[at] ^= 4;
        }
        for (key->size--; key->size > 0; key->size--) {
            assert_int_equal(verify(i, samples[i].signature), -EINVAL);
        }
        load_sample(i);
        samples[i].key_room[key->size++] = 0;
        assert_int_equal(verify(i, samples[i].signature), -EINVAL);
        key->size--;
    }
}

static void
test_another_key_of_the_same_kind_is_rejected(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        uint8_t room[8192];
        char name[40];

        snprintf(name, sizeof(name), "%s2.pub", kinds[i].name);
        scratch_run("ssh-keygen -q -N '' -f %s2 %s", kinds[i].name,
                    kinds[i].flags);
        assert_int_equal(
            public_key_verify(scratch_blob(name, room), samples[i].signature,
                              kinds[i].algorithm, 2048, samples[i].data,
                              samples[i].data_size),
            -EKEYREJECTED);
    }
}

static void
test_an_algorithm_goes_with_one_type_of_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (size_t j = 0; j < COUNT(kinds); j++) {
            assert_int_equal(
                public_key_suits(samples[i].key, kinds[j].algorithm), i == j);
            if (i != j) {
                assert_int_equal(
                    public_key_verify(samples[i].key, samples[i].signature,
                                      kinds[j].algorithm, 0, "", 0),
                    -EINVAL);
            }
        }
        assert_false(public_key_suits(samples[i].key, "ssh-rsa"));
        assert_false(public_key_suits(samples[i].key, ""));
    }
    assert_true(public_key_suits(samples[4].key, "rsa-sha2-256"));
    assert_false(public_key_suits((struct wire_bytes){0}, "ssh-ed25519"));
}

/* An RSA signature with libcrypto's own hands; the length of it. */
static size_t
sign_rsa(const char *digest, uint32_t data, uint8_t out[256])
{
    BIO *bio = BIO_new_file(scratch_path("rsa"), "r");
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t size = 256;

    assert_non_null(key);
    assert_int_equal(
        EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL), 1);
    assert_int_equal(
        EVP_DigestSign(ctx, out, &size, (const uint8_t *)&data, sizeof(data)),
        1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return size;
}

static int
verify_rsa(const char *promised, const char *named, const uint8_t *sig,
           size_t size, uint32_t data)
{
    uint8_t out[600];
    struct wire_out w = wire_into(out, sizeof(out));

    wire_put_text(&w, named);
    wire_put_string(&w, sig, size);
    return public_key_verify(
        samples[4].key, (struct wire_bytes){out, (size_t)wire_out_size(&w)},
        promised, 2048, &data, sizeof(data));
}

static void
test_rsa_signatures_name_their_hash(void **state)
{
    uint8_t sig[256];
    size_t size = sign_rsa("SHA256", 1, sig);

    (void)state;
    assert_int_equal(verify_rsa("rsa-sha2-256", "rsa-sha2-256", sig, size, 1),
                     0);
    assert_int_equal(verify_rsa("rsa-sha2-256", "rsa-sha2-512", sig, size, 1),
                     -EINVAL);
    assert_int_equal(verify_rsa("rsa-sha2-512", "rsa-sha2-256", sig, size, 1),
                     -EINVAL);
    assert_int_equal(verify_rsa("rsa-sha2-512", "rsa-sha2-512", sig, size, 1),
                     -EKEYREJECTED);
    size = sign_rsa("SHA1", 1, sig);
    assert_int_equal(verify_rsa("ssh-rsa", "ssh-rsa", sig, size, 1), -EINVAL);
}

static void
test_an_rsa_signature_may_lack_its_leading_zeroes(void **state)
{
    uint8_t sig[256] = {1};
    uint32_t data = 0;

    (void)state;
    while (sig[0] != 0) {
        data++;
        assert_int_equal(sign_rsa("SHA512", data, sig), 256);
    }
    assert_int_equal(
        verify_rsa("rsa-sha2-512", "rsa-sha2-512", sig + 1, 255, data), 0);
    assert_int_equal(verify_rsa("rsa-sha2-512", "rsa-sha2-512", sig, 0, data),
                     -EINVAL);
}

static void
test_rsa_keys_below_the_minimum_are_refused(void **state)
{
    const size_t rsa = 4;

    (void)state;
    assert_int_equal(public_key_verify(samples[rsa].key, samples[rsa].signature,
                                       "rsa-sha2-512", 2049, samples[rsa].data,
                                       samples[rsa].data_size),
                     -EINVAL);
    assert_int_equal(public_key_verify(samples[rsa].key, samples[rsa].signature,
                                       "rsa-sha2-512", 0, samples[rsa].data,
                                       samples[rsa].data_size),
                     0);
}

static void
test_negative_and_oversized_ecdsa_numbers_are_refused(void **state)
{
    static const uint8_t one[] = {1};
    static const uint8_t negative[] = {0x80};
    static const uint8_t huge[100] = {1};
    static const struct {
        const uint8_t *r, *s;
        size_t r_size, s_size;
        int result;
    } rows[] = {
        {one, one, 1, 1, -EKEYREJECTED}, {one, negative, 1, 1, -EINVAL},
        {negative, one, 1, 1, -EINVAL},  {huge, one, 100, 1, -EINVAL},
        {one, one, 0, 0, -EKEYREJECTED}, {one, one, 1, 0, -EKEYREJECTED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t inner[300], outer[400];
        struct wire_out in = wire_into(inner, sizeof(inner));
        struct wire_out out = wire_into(outer, sizeof(outer));

        wire_put_string(&in, rows[i].r, rows[i].r_size);
        wire_put_string(&in, rows[i].s, rows[i].s_size);
        wire_put_text(&out, "ecdsa-sha2-nistp256");
        wire_put_string(&out, inner, (size_t)wire_out_size(&in));
        assert_int_equal(
            verify(1, (struct wire_bytes){outer, (size_t)wire_out_size(&out)}),
            rows[i].result);
    }
}

static void
test_words_and_fingerprints_are_those_of_ssh_keygen(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char fingerprint[FINGERPRINT_MAX];
        size_t size = 0;
        char *expected = NULL;

        scratch_run("ssh-keygen -lf %s.pub | cut -d' ' -f2 >fp", kinds[i].name);
        expected = scratch_read("fp", &size);
        expected[strcspn(expected, "\n")] = '\0';
        public_key_fingerprint(samples[i].key, fingerprint);
        assert_string_equal(fingerprint, expected);
        assert_string_equal(public_key_word(samples[i].key), kinds[i].word);
        free(expected);
    }
    assert_string_equal(public_key_word((struct wire_bytes){0}), "unknown");
}

static void
test_nothing_is_not_a_key(void **state)
{
    const struct wire_bytes nothing = {0};
    char fingerprint[FINGERPRINT_MAX];

    (void)state;
    assert_int_equal(
        public_key_verify(nothing, nothing, "ssh-ed25519", 0, "", 0), -EINVAL);
    assert_int_equal(
        public_key_verify(samples[0].key, nothing, "ssh-ed25519", 0, "", 0),
        -EINVAL);
    public_key_fingerprint(nothing, fingerprint);
    assert_string_equal(fingerprint, "SHA256:");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures_of_ssh_keygen_are_accepted),
        cmocka_unit_test(test_other_data_is_rejected),
        cmocka_unit_test(test_a_changed_signature_is_rejected_at_every_byte),
        cmocka_unit_test(test_a_changed_key_is_rejected_at_every_byte),
        cmocka_unit_test(test_another_key_of_the_same_kind_is_rejected),
        cmocka_unit_test(test_an_algorithm_goes_with_one_type_of_key),
        cmocka_unit_test(test_rsa_signatures_name_their_hash),
        cmocka_unit_test(test_an_rsa_signature_may_lack_its_leading_zeroes),
        cmocka_unit_test(test_rsa_keys_below_the_minimum_are_refused),
        cmocka_unit_test(test_negative_and_oversized_ecdsa_numbers_are_refused),
        cmocka_unit_test(test_words_and_fingerprints_are_those_of_ssh_keygen),
        cmocka_unit_test(test_nothing_is_not_a_key),
    };
    return cmocka_run_group_tests(tests, setup, scratch_teardown);
}
