#ifndef SERVER_BASE_SHORTAGE_H
#define SERVER_BASE_SHORTAGE_H

#include <stdbool.h>

/*
 * Is this negative errno about descriptors or memory, ours or the kernel's?
 * Then the same may work a moment later, and nothing is wrong with what was
 * asked for.
 */
bool shortage_is(int r);

#endif
