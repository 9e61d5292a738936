/*
 * What a login leaves behind on the stack of each process, 16 to 40 KiB, it
 * would otherwise keep for as long as the connection lasts; and what libssh's
 * recursion over a read full of small packets does, LIMIT_READ of limits.h, 640
 * KiB.
 */
#include "server/base/stack.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/* The kernel keeps other mappings 1 MiB away from a stack that may grow: no
 * more than that, or what is not ours to drop could be below it. */
#define DEEPEST_BYTES ((size_t)960 << 10)

void
stack_release(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *here = __builtin_frame_address(0);
    char *end = here - (size_t)here % page - page; /* this call's own stay */

    /* ENOMEM: the stack has never been that deep. */
    (void)madvise(end - DEEPEST_BYTES, DEEPEST_BYTES, MADV_DONTNEED);
}
