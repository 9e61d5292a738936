#ifndef SERVER_AUTH_HOST_KEY_H
#define SERVER_AUTH_HOST_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "policy/diag.h"
#include "server/ipc/host_key_type.h"
#include "server/ipc/wire.h"

/* A private host key and its public blob. */
struct host_key;

/*
 * Read an unencrypted private key: OpenSSH's own format (openssh-key-v1,
 * PROTOCOL.key) or PEM (PKCS#1, SEC1, PKCS#8).
 * Returns 0; -EINVAL, -ENOTSUP (a type or curve we have not), -EACCES
 * (encrypted) with words in *reterr; -ENOMEM.
 */
int host_key_new(const void *text, size_t size, unsigned min_rsa_bits,
                 struct host_key **ret, struct diag *reterr);
void host_key_free(struct host_key *key); /* NULL is fine; wipes */

enum host_key_type host_key_type(const struct host_key *key);

/* RFC 4253 section 6.6 public blob; valid as long as the key is. */
struct wire_bytes host_key_blob(const struct host_key *key);

/*
 * Sign like OpenSSL's EVP_DigestSign over data with digest (NID, or 0 for
 * Ed25519): RSA PKCS#1 v1.5, ECDSA in DER, Ed25519 raw.  *ret_size is the
 * room on entry and the length on success.  Returns 0 or -EINVAL.
 */
int host_key_sign(const struct host_key *key, int digest_nid, const void *data,
                  size_t size, uint8_t *ret, size_t *ret_size);

#define HOST_KEY_SIGNATURE_MAX 2304 /* bytes; RSA of 16384 bits: 2048 + 24 */

/*
 * The same as SSH writes it (RFC 4253 section 6.6): "string algorithm, string
 * signature".  RSA signs with SHA-512, RFC 8332.
 */
int host_key_sign_ssh(const struct host_key *key, const void *data, size_t size,
                      uint8_t *ret, size_t *ret_size);

#endif
