/*
 * Random bytes for libssh, which asks for the padding of each packet by itself.
 * Asked for so little, OpenSSL's generator is busy with its preparations; so it
 * fills a pool.  What was handed out is wiped.
 */
#include <string.h>

#include "server/ssh/hooks.h"

#define POOL 1024 /* bytes: padding of some hundred packets */

int __real_ssh_get_random(void *, int, int);
int __wrap_ssh_get_random(void *, int, int);

static struct {
    bool is_on;
    uint8_t bytes[POOL];
    size_t left; /* the last ones of bytes */
} pool;

void
hooks_pool_random(bool on)
{
    pool.is_on = on;
}

/* 1 on success, 0 on error, as libssh has it. */
int
__wrap_ssh_get_random(void *where, int size, int is_strong)
{
    uint8_t *from = NULL;

    if (!pool.is_on || is_strong || size < 0 || size > POOL) {
        return __real_ssh_get_random(where, size, is_strong);
    }
    hooks_hit(HOOK_RANDOM);
    if (pool.left < (size_t)size) {
        pool.left = 0;
        if (__real_ssh_get_random(pool.bytes, POOL, 0) != 1) {
            return 0;
        }
        pool.left = POOL;
    }
    from = pool.bytes + POOL - pool.left;
    memcpy(where, from, (size_t)size);
    explicit_bzero(from, (size_t)size);
    pool.left -= (size_t)size;
    return 1;
}
