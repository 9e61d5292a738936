/* The spellings of addresses that resolvers understand and lists do not. */
#include "policy/spelling.h"

#include <string.h>

static unsigned
digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    return 16;
}

/* One part, "10", "012" or "0xa", at *p; false when it exceeds 32 bits. */
static bool
take_part(const char **p, uint32_t *ret)
{
    uint64_t value = 0;
    unsigned base = 10;
    const char *start = *p;

    if (**p == '0') {
        base = 8;
        if ((*p)[1] == 'x' || (*p)[1] == 'X') {
            base = 16;
            *p += 2;
            start = *p;
        }
    }
    for (; digit_of(**p) < base; (*p)++) {
        value = value * base + digit_of(**p);
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *ret = (uint32_t)value;
    return *p != start;
}

/* One to four parts; the last one fills what the others leave. */
static bool
read_parts(const char *p, uint32_t *ret)
{
    uint32_t address = 0;
    uint32_t part = 0;

    for (unsigned count = 0; count < 4; count++) {
        if (!take_part(&p, &part)) {
            return false;
        }
        if (*p == '\0') {
            *ret = address | part;
            return part <= UINT32_MAX >> (8 * count);
        }
        if (*p++ != '.' || part > 255) {
            return false;
        }
        address |= part << (24 - 8 * count);
    }
    return false;
}

bool
spelling_is_address(const char *host, struct address *ret)
{
    size_t size = strcspn(host, "%");
    uint32_t v4 = 0;

    if (read_parts(host, &v4)) {
        *ret = (struct address){
            .family = ADDRESS_V4,
            .bytes = {(uint8_t)(v4 >> 24), (uint8_t)(v4 >> 16),
                      (uint8_t)(v4 >> 8), (uint8_t)v4},
        };
        return true;
    }
    if (address_parse_sized(host, size, ret) < 0 ||
        (host[size] != '\0' && ret->family != ADDRESS_V6)) {
        return false;
    }
    address_unmap(ret);
    return true;
}
