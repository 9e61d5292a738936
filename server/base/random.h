#ifndef SERVER_BASE_RANDOM_H
#define SERVER_BASE_RANDOM_H

#include <stdint.h>

/* A number below limit, as likely as any other; 0 when the kernel has none. */
uint32_t random_below(uint32_t limit);

#endif
