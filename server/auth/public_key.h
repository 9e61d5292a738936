#ifndef SERVER_AUTH_PUBLIC_KEY_H
#define SERVER_AUTH_PUBLIC_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/ipc/wire.h"

#define PUBLIC_KEY_BLOB_MAX 8192 /* bytes; a 16384 bit RSA key is 2 KiB */

/*
 * Verify a user's or a host's signature.
 *
 * blob       the public key, RFC 4253 section 6.6 ("string type, ..."), from
 *            a place that we trust: the authorized_keys line, not the client.
 * signature  "string algorithm, string blob" (RFC 4253 6.6, RFC 8332,
 *            RFC 5656 3.1.2, RFC 8709 6).
 * algorithm  the name that the request gave; the signature's own must equal
 *            it and must belong to the key's type.
 * data       what was signed.
 *
 * Returns 0, -EKEYREJECTED (wrong signature), -EINVAL (malformed, unknown
 * type or algorithm, RSA below min_rsa_bits).
 */
int public_key_verify(struct wire_bytes blob, struct wire_bytes signature,
                      const char *algorithm, unsigned min_rsa_bits,
                      const void *data, size_t size);

/* May algorithm ("rsa-sha2-512") be used with a key of this blob's type? */
bool public_key_suits(struct wire_bytes blob, const char *algorithm);

/* sshd's word for a key type in log lines: "ED25519", "RSA", "ECDSA". */
const char *public_key_word(struct wire_bytes blob);

#define FINGERPRINT_MAX 64 /* bytes with the NUL */

/* "SHA256:" and unpadded base64 of the blob's hash. */
void public_key_fingerprint(struct wire_bytes blob, char out[FINGERPRINT_MAX]);

#endif
