/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "server/auth/crypto_init.h"

/* The order of these tests is that of main(): the second one starts libcrypto
 * for this process, the first one for a child. */

static const char *
generator(void)
{
    return EVP_RAND_get0_name(EVP_RAND_CTX_get0_rand(RAND_get0_public(NULL)));
}

/* In a child: 0 when the generator is the one that this file names. */
static int
start_with(const char *file)
{
    unsigned char some[32];

    if (setenv("OPENSSL_CONF", file, 1) < 0 || crypto_init() < 0 ||
        RAND_bytes(some, sizeof(some)) != 1) {
        return 2;
    }
    return strcmp(generator(), "CTR-DRBG") == 0 ? 0 : 1;
}

static void
test_a_generator_of_openssl_cnf_is_used(void **state)
{
    char file[] = "/tmp/crypto_init.XXXXXX";
    int fd = mkstemp(file);
    int status = -1;
    pid_t pid;

    (void)state;
    assert_true(fd >= 0);
    dprintf(fd, "openssl_conf = all\n[all]\nrandom = generator\n"
                "[generator]\nrandom = CTR-DRBG\ncipher = AES-256-CTR\n");
    close(fd);
    pid = fork();
    if (pid == 0) {
        _exit(start_with(file));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    unlink(file);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_random_bytes_load_no_ciphers(void **state)
{
    unsigned char some[32] = {0};
    const unsigned char none[32] = {0};

    (void)state;
    assert_int_equal(crypto_init(), 0);
    assert_int_equal(RAND_bytes(some, sizeof(some)), 1);
    assert_memory_not_equal(some, none, sizeof(some));
    assert_int_equal(RAND_priv_bytes(some, sizeof(some)), 1);
    assert_string_equal(generator(), "HASH-DRBG");
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
        cmocka_unit_test(test_a_generator_of_openssl_cnf_is_used),
        cmocka_unit_test(test_random_bytes_load_no_ciphers),
        cmocka_unit_test(test_every_kind_of_key_still_signs_and_verifies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
