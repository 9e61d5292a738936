/* Numeric addresses and CIDR blocks, without asking a resolver anything. */
#include "policy/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/network.h"
#include "policy/pattern.h"

static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

static size_t
address_size(const struct address *a)
{
    return a->family == ADDRESS_V6 ? 16 : a->family == ADDRESS_V4 ? 4 : 0;
}

/* Decimal digits only, up to end; false above max. */
static bool
read_decimal(const char *p, const char *end, uint32_t max, uint32_t *ret)
{
    uint64_t value = 0;

    if (p == end || end - p > 10) {
        return false;
    }
    for (; p < end; p++) {
        if (*p < '0' || *p > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*p - '0');
    }
    if (value > max) {
        return false;
    }
    *ret = (uint32_t)value;
    return true;
}

/* fe80::/10 and ff?2::/16: the addresses that need an interface. */
static bool
has_scope(const struct address *a)
{
    return (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80) ||
           (a->bytes[0] == 0xff && (a->bytes[1] & 0x0f) == 0x02);
}

static int
parse_v6(const char *text, const char *scope, struct address *ret)
{
    struct address a = {.family = ADDRESS_V6};

    if (inet_pton(AF_INET6, text, a.bytes) != 1) {
        return -EINVAL;
    }
    if (scope != NULL &&
        (!has_scope(&a) ||
         !read_decimal(scope, scope + strlen(scope), UINT32_MAX, &a.scope))) {
        return -EINVAL;
    }
    *ret = a;
    return 0;
}

int
address_parse_sized(const char *p, size_t size, struct address *ret)
{
    struct address a = {.family = ADDRESS_V4};
    char text[ADDRESS_TEXT_MAX];
    char *scope = NULL;

    if (size >= sizeof(text)) {
        return -EINVAL;
    }
    memcpy(text, p, size);
    text[size] = '\0';
    if (inet_pton(AF_INET, text, a.bytes) == 1) {
        *ret = a;
        return 0;
    }
    scope = strchr(text, '%');
    if (scope != NULL) {
        *scope++ = '\0';
    }
    return parse_v6(text, scope, ret);
}

int
address_parse(const char *text, struct address *ret)
{
    struct address a = {0};

    if (address_parse_sized(text, strlen(text), &a) < 0) {
        return -EINVAL;
    }
    address_unmap(&a);
    *ret = a;
    return 0;
}

void
address_unmap(struct address *a)
{
    if (a->family == ADDRESS_V6 &&
        memcmp(a->bytes, v4_mapped, sizeof(v4_mapped)) == 0) {
        a->family = ADDRESS_V4;
        a->scope = 0;
        memmove(a->bytes, a->bytes + 12, 4);
        memset(a->bytes + 4, 0, 12);
    }
}

struct address
address_dialled(const struct address *a)
{
    struct address to = *a;

    address_unmap(&to);
    if (address_is_wildcard(&to)) {
        if (to.family == ADDRESS_V4) {
            to.bytes[0] = 127;
            to.bytes[3] = 1;
        } else {
            to.bytes[15] = 1;
        }
    }
    return to;
}

void
address_format(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    int family = a->family == ADDRESS_V6 ? AF_INET6 : AF_INET;
    size_t used = 0;

    out[0] = '\0';
    if (a->family == ADDRESS_NONE) {
        return;
    }
    inet_ntop(family, a->bytes, out, ADDRESS_TEXT_MAX);
    if (a->scope != 0) {
        used = strlen(out);
        snprintf(out + used, ADDRESS_TEXT_MAX - used, "%%%u", a->scope);
    }
}

bool
address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, address_size(a)) == 0;
}

bool
address_is_loopback(const struct address *a)
{
    static const uint8_t v6[16] = {[15] = 1};

    return (a->family == ADDRESS_V4 && a->bytes[0] == 127) ||
           (a->family == ADDRESS_V6 && memcmp(a->bytes, v6, 16) == 0);
}

bool
address_is_wildcard(const struct address *a)
{
    static const uint8_t zero[16];

    return a->family != ADDRESS_NONE &&
           memcmp(a->bytes, zero, address_size(a)) == 0;
}

/* "10", "010" or "0x0a", the parts of an address as inet_aton(3) takes it. */
static const char *
skip_number(const char *p, const char *end)
{
    const char *digits = "0123456789";

    if (end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        digits = "0123456789abcdefABCDEF";
        p += 2;
    }
    while (p < end && strchr(digits, *p) != NULL) {
        p++;
    }
    return p;
}

/* "10.1", "167772161": sshd understands them as addresses, we do not. */
static bool
is_short_address(const char *p, const char *end)
{
    const char *after = skip_number(p, end);

    while (after > p && after < end && *after == '.') {
        p = after + 1;
        after = skip_number(p, end);
    }
    return after > p && after == end;
}

/* One element: a block, an address, or a glob on printed (a in words). */
static int
match_element(const char *p, const char *end, const struct address *a,
              const char *printed, bool *ret, struct diag *reterr)
{
    const char *slash = memchr(p, '/', (size_t)(end - p));
    struct network block = {0};
    int r = 0;

    *ret = false;
    if (p == end) {
        return diag_fail(reterr, -EINVAL, "empty element in address list");
    }
    if (slash != NULL) {
        r = network_parse(p, (size_t)(end - p), &block, reterr);
        *ret =
            r == 0 && block.base.scope == a->scope && network_holds(&block, a);
        return r;
    }
    if (address_parse_sized(p, (size_t)(end - p), &block.base) == 0) {
        *ret = address_equal(&block.base, a);
        return 0;
    }
    if (is_short_address(p, end)) {
        return diag_fail(reterr, -EINVAL,
                         "\"%.*s\" is not an address: write four numbers",
                         (int)(end - p > 80 ? 80 : end - p), p);
    }
    *ret = a->family != ADDRESS_NONE &&
           pattern_matches_sized(p, (size_t)(end - p), printed);
    return 0;
}

int
address_match_list(const char *list, const struct address *a,
                   enum list_match *ret, struct diag *reterr)
{
    enum list_match result = LIST_NO_MATCH;
    char printed[ADDRESS_TEXT_MAX];
    const char *end = list;

    address_format(a, printed);
    for (const char *p = list;; p = end + 1) {
        bool negated = *p == '!';
        bool hit = false;
        int r = 0;

        p += negated;
        end = p + strcspn(p, ",");
        r = match_element(p, end, a, printed, &hit, reterr);
        if (r < 0) {
            return r;
        }
        if (hit && negated) {
            result = LIST_NEGATED;
        } else if (hit && result == LIST_NO_MATCH) {
            result = LIST_MATCH;
        }
        if (*end == '\0') {
            break;
        }
    }
    *ret = result;
    return 0;
}
