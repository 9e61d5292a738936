/*
 * libcrypto's usual start costs each process some 220 KiB: the table of error
 * texts, the names that algorithms had before there were providers, and every
 * cipher of its provider, for the one in the default random generator.
 * Hash_DRBG of SHA-256 (NIST SP 800-90A, as strong) needs the digests only,
 * which are loaded anyway.  Another generator that openssl.cnf names, config(5)
 * "Random Configuration", comes later and so takes its place.
 */
#include "server/auth/crypto_init.h"

#include <errno.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

int
crypto_init(void)
{
    const uint64_t parts = OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                           OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                           OPENSSL_INIT_NO_ADD_ALL_DIGESTS;

    if (OPENSSL_init_crypto(parts, NULL) != 1 ||
        RAND_set_DRBG_type(NULL, "HASH-DRBG", NULL, NULL, "SHA256") != 1 ||
        OPENSSL_init_crypto(parts | OPENSSL_INIT_LOAD_CONFIG, NULL) != 1) {
        return -EIO;
    }
    return 0;
}
