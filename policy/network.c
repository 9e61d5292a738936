/* Blocks of addresses. */
#include "policy/network.h"

#include <errno.h>
#include <string.h>

static uint32_t
width(const struct address *a)
{
    return a->family == ADDRESS_V6 ? 128 : a->family == ADDRESS_V4 ? 32 : 0;
}

struct address
network_mask(const struct address *a, uint32_t bits)
{
    struct address masked = *a;
    uint32_t size = width(a) / 8;
    uint32_t whole = bits / 8;

    if (whole < size) {
        masked.bytes[whole] = (uint8_t)(a->bytes[whole] & 0xff00u >> bits % 8);
        memset(masked.bytes + whole + 1, 0, size - whole - 1);
    }
    return masked;
}

static bool
bits_are_equal(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
    uint32_t whole = bits / 8;
    uint32_t mask = 0xffu << (8 - bits % 8) & 0xffu;

    return memcmp(a, b, whole) == 0 &&
           (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

bool
network_holds(const struct network *n, const struct address *a)
{
    return n->base.family != ADDRESS_NONE && n->base.family == a->family &&
           bits_are_equal(n->base.bytes, a->bytes, n->bits);
}

bool
network_covers(const struct network *outer, const struct network *inner)
{
    return outer->bits <= inner->bits && network_holds(outer, &inner->base);
}

struct network
network_of(const struct address *a)
{
    return (struct network){.base = *a, .bits = width(a)};
}

void
network_unmap(struct network *n)
{
    struct address base = n->base;

    address_unmap(&base);
    if (base.family != n->base.family && n->bits >= 96) {
        n->base = base;
        n->bits -= 96;
    }
}

/* "0" to max, digits only. */
static bool
read_bits(const char *p, const char *end, uint32_t max, uint32_t *ret)
{
    uint32_t value = 0;

    if (p == end || end - p > 3) {
        return false;
    }
    for (; p < end; p++) {
        if (*p < '0' || *p > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(*p - '0');
    }
    *ret = value;
    return value <= max;
}

int
network_parse(const char *text, size_t size, struct network *ret,
              struct diag *reterr)
{
    const char *slash = memchr(text, '/', size);
    int shown = size > 80 ? 80 : (int)size;
    struct network n = {0};
    struct address masked;

    if (slash == NULL ||
        address_parse_sized(text, (size_t)(slash - text), &n.base) < 0) {
        return diag_fail(reterr, -EINVAL, "\"%.*s\" is not a network", shown,
                         text);
    }
    if (!read_bits(slash + 1, text + size, width(&n.base), &n.bits)) {
        return diag_fail(reterr, -EINVAL,
                         "\"%.*s\" has a prefix length that is not 0-%u", shown,
                         text, width(&n.base));
    }
    masked = network_mask(&n.base, n.bits);
    if (!address_equal(&masked, &n.base)) {
        return diag_fail(reterr, -EINVAL,
                         "\"%.*s\" has bits set after its prefix", shown, text);
    }
    *ret = n;
    return 0;
}
