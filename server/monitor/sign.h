#ifndef SERVER_MONITOR_SIGN_H
#define SERVER_MONITOR_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGN_HASH_MAX 64 /* bytes of the largest exchange hash */

/*
 * When a host key may sign for a session.
 *
 * - Before the login exactly one signature: that of the first key exchange.
 * - Its hash is the SSH session id (RFC 4253 section 7.2), for good.
 * - After it LIMIT_SIGN_PER_SECOND a second, LIMIT_SIGN_BURST at once.
 */
struct signer {
    uint8_t session_id[SIGN_HASH_MAX];
    size_t session_id_size; /* 0: nothing was signed yet */
    uint8_t host_key;       /* enum host_key_type that signed it */
    bool logged_in;
    uint64_t tokens_ms; /* unused signatures, in ms of their refill time */
    uint64_t filled_ms; /* when tokens_ms was last right */
};

/* Only exchange hashes are signed: SHA-256, SHA-384, SHA-512. */
bool sign_size_is_hash(size_t size);

/*
 * May a hash be signed at now_ms (monotonic)?  Returns 0 and counts it, the
 * milliseconds to wait before asking again, or -EPERM: never.
 */
long signer_take(struct signer *s, const void *hash, size_t size,
                 uint64_t now_ms);

/*
 * Count a signature that is no key exchange's, after the login only.
 * Returns 0, or the milliseconds until one is granted.
 */
long signer_count(struct signer *s, uint64_t now_ms);

/* From here on the rate applies.  Starts with a full burst. */
void signer_login(struct signer *s, uint64_t now_ms);

#endif
