#ifndef SERVER_AUTH_EVP_KEY_H
#define SERVER_AUTH_EVP_KEY_H

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <stddef.h>

#include "server/ipc/wire.h"

#define RSA_BITS_MAX 16384u /* as sshd; bounds the work of one signature */

/*
 * A key of type ("RSA", "EC") from the numbers pushed to params.  selection
 * is EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEYPAIR.  NULL on any failure.
 */
EVP_PKEY *evp_key_build(const char *type, int selection,
                        OSSL_PARAM_BLD *params);

/*
 * Read an mpint (RFC 4251 section 5) that is not negative and has at most
 * max_bits.  secret ones are kept in memory that is wiped.  NULL on failure;
 * free with BN_clear_free().
 */
BIGNUM *evp_key_mpint(struct wire *w, size_t max_bits, bool secret);

/* Append a number that is not negative as an mpint of at most RSA_BITS_MAX. */
void evp_key_put_mpint(struct wire_out *w, const BIGNUM *number);

#endif
