#ifndef SERVER_AUTH_BASE64_H
#define SERVER_AUTH_BASE64_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decode RFC 4648 base64 as keys files hold it: white space is skipped,
 * padding is required, and bits that stand for nothing must be zero, so that
 * no two texts mean the same bytes.
 *
 * Returns 0 and *ret_size <= room; -EINVAL (not base64), -EMSGSIZE (no room).
 * out may have been written to either way.
 */
int base64_decode(const char *text, size_t size, uint8_t *out, size_t room,
                  size_t *ret_size);

#endif
