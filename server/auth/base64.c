/* Base64, strict: libcrypto's decoder forgives too much. */
#include "server/auth/base64.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* 0..63, or -1. */
static int
letter_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Up to four letters make a group of up to three bytes. */
struct group {
    uint32_t bits;
    unsigned letters, pads;
};

/* False where c cannot stand at this place. */
static bool
group_add(struct group *g, char c)
{
    int value = letter_value(c);

    if (c == '=') {
        g->pads++;
        g->bits <<= 6;
        return g->letters >= 2 && g->letters + g->pads <= 4;
    }
    if (value < 0 || g->pads > 0) {
        return false;
    }
    g->letters++;
    g->bits = g->bits << 6 | (uint32_t)value;
    return true;
}

/* The bytes of a full group; 0 when its spare bits are not zero. */
static size_t
group_take(const struct group *g, uint8_t out[3])
{
    size_t bytes = g->letters - 1;

    out[0] = (uint8_t)(g->bits >> 16);
    out[1] = (uint8_t)(g->bits >> 8);
    out[2] = (uint8_t)g->bits;
    if ((bytes < 3 && out[2] != 0) || (bytes < 2 && out[1] != 0)) {
        return 0;
    }
    return bytes;
}

int
base64_decode(const char *text, size_t size, uint8_t *out, size_t room,
              size_t *ret_size)
{
    struct group g = {0};
    bool ended = false;
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        uint8_t three[3];
        size_t bytes = 0;

        if (is_blank(text[i])) {
            continue;
        }
        if (ended || !group_add(&g, text[i])) {
            return -EINVAL;
        }
        if (g.letters + g.pads < 4) {
            continue;
        }
        bytes = group_take(&g, three);
        if (bytes == 0) {
            return -EINVAL;
        }
        if (room - used < bytes) {
            return -EMSGSIZE;
        }
        memcpy(out + used, three, bytes);
        used += bytes;
        ended = g.pads > 0;
        g = (struct group){0};
    }
    if (g.letters > 0) {
        return -EINVAL;
    }
    *ret_size = used;
    return 0;
}
