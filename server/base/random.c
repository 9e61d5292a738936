#include "server/base/random.h"

#include <sys/random.h>

uint32_t
random_below(uint32_t limit)
{
    uint32_t bits = 0;

    if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits)) {
        return 0;
    }
    return (uint32_t)((uint64_t)bits * limit >> 32);
}
