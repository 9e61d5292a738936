/*
 * The rules for the host keys' signatures.  A session that was taken over
 * may ask for anything; this is all it can get.
 */
#include "server/monitor/sign.h"

#include <errno.h>
#include <string.h>

#include "server/limits.h"

#define TOKEN_MS (1000 / LIMIT_SIGN_PER_SECOND)
#define FULL_MS ((uint64_t)LIMIT_SIGN_BURST * TOKEN_MS)

bool
sign_size_is_hash(size_t size)
{
    return size == 32 || size == 48 || size == SIGN_HASH_MAX;
}

static void
refill(struct signer *s, uint64_t now_ms)
{
    uint64_t passed = now_ms - s->filled_ms;

    s->filled_ms = now_ms;
    if (passed >= FULL_MS || s->tokens_ms + passed >= FULL_MS) {
        s->tokens_ms = FULL_MS;
        return;
    }
    s->tokens_ms += passed;
}

long
signer_count(struct signer *s, uint64_t now_ms)
{
    refill(s, now_ms);
    if (s->tokens_ms < TOKEN_MS) {
        return (long)(TOKEN_MS - s->tokens_ms);
    }
    s->tokens_ms -= TOKEN_MS;
    return 0;
}

long
signer_take(struct signer *s, const void *hash, size_t size, uint64_t now_ms)
{
    if (!sign_size_is_hash(size)) {
        return -EPERM;
    }
    if (!s->logged_in) {
        if (s->session_id_size > 0) {
            return -EPERM;
        }
        memcpy(s->session_id, hash, size);
        s->session_id_size = size;
        return 0;
    }
    return signer_count(s, now_ms);
}

void
signer_login(struct signer *s, uint64_t now_ms)
{
    s->logged_in = true;
    s->tokens_ms = FULL_MS;
    s->filled_ms = now_ms;
}
