#ifndef SERVER_AUTH_CRYPTO_INIT_H
#define SERVER_AUTH_CRYPTO_INIT_H

/*
 * Start libcrypto with as little as signing and verifying need: openssl.cnf
 * counts, error texts and old names of algorithms are not loaded (nothing here
 * asks for them), and random bytes come from Hash_DRBG.  Before anything else
 * of libcrypto is used.
 * 0 or -EIO.
 */
int crypto_init(void);

#endif
