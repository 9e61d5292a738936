#ifndef SERVER_AUTH_OPENSSH_KEY_H
#define SERVER_AUTH_OPENSSH_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "policy/diag.h"

/* Does text start like OpenSSH's own format for private keys? */
bool openssh_key_is(const void *text, size_t size);

/*
 * Read an openssh-key-v1 file (PROTOCOL.key): one key, not encrypted.  Public
 * and private parts agree, except those of ECDSA, which are not compared.
 * Results and errors as host_key_new().
 */
int openssh_key_read(const void *text, size_t size, EVP_PKEY **ret,
                     struct diag *reterr);

#endif
