/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <malloc.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "server/auth/crypto_init.h"

/* The order of these tests is that of main(): the first one starts libcrypto
 * for this process. */

static void
test_random_bytes_load_no_ciphers(void **state)
{
    const char *name = NULL;
    unsigned char some[32] = {0};
    const unsigned char none[32] = {0};

    (void)state;
    assert_int_equal(crypto_init(), 0);
    assert_int_equal(RAND_bytes(some, sizeof(some)), 1);
    assert_memory_not_equal(some, none, sizeof(some));
    assert_int_equal(RAND_priv_bytes(some, sizeof(some)), 1);
    name = EVP_RAND_get0_name(EVP_RAND_CTX_get0_rand(RAND_get0_public(NULL)));
    assert_string_equal(name, "HASH-DRBG");
#ifndef PORTCULLIS_SANITIZED /* its allocator does not count */
    assert_true(mallinfo2().uordblks < (size_t)160 << 10);
#endif
}

/* Sign and verify with a new key of this type. */
static void
round_trip(EVP_PKEY *key, const char *digest)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char signature[512];
    size_t size = sizeof(signature);
    const unsigned char data[] = "to be signed";

    assert_non_null(key);
    assert_int_equal(
        EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL), 1);
    assert_int_equal(EVP_DigestSign(ctx, signature, &size, data, sizeof(data)),
                     1);
    EVP_MD_CTX_free(ctx);
    ctx = EVP_MD_CTX_new();
    assert_int_equal(
        EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL), 1);
    assert_int_equal(EVP_DigestVerify(ctx, signature, size, data, sizeof(data)),
                     1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

static void
test_every_kind_of_key_still_signs_and_verifies(void **state)
{
    (void)state;
    round_trip(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
    round_trip(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), "SHA256");
    round_trip(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521"), "SHA512");
    round_trip(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), "SHA512");
    round_trip(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), "SHA1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_bytes_load_no_ciphers),
        cmocka_unit_test(test_every_kind_of_key_still_signs_and_verifies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
