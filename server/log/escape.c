#include "server/log/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What a first byte of UTF-8 promises (RFC 3629 section 4). */
struct lead {
    uint8_t first, last;
    uint8_t size;   /* bytes of the whole character */
    uint32_t least; /* smaller code points are overlong forms */
};

static const struct lead leads[] = {
    {0x00, 0x7f, 1, 0x00},
    {0xc2, 0xdf, 2, 0x80},
    {0xe0, 0xef, 3, 0x800},
    {0xf0, 0xf4, 4, 0x10000},
};

/* Code points that no log line may show as they are. */
static const struct range {
    uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001f},       /* C0 controls */
    {0x007f, 0x009f},       /* DEL, C1 controls */
    {0x061c, 0x061c},       /* Arabic letter mark */
    {0x200b, 0x200f},       /* of no width, direction marks */
    {0x2028, 0x202e},       /* line separators, direction overrides */
    {0x2060, 0x206f},       /* invisible operators, isolates */
    {0xd800, 0xdfff},       /* surrogates */
    {0xfeff, 0xfeff},       /* byte order mark */
    {0xfff9, 0xfffb},       /* interlinear annotation */
    {0xe0000, 0xe007f},     /* tags */
    {0x110000, UINT32_MAX}, /* not Unicode */
};

static bool
is_printable(uint32_t point)
{
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (point >= hidden[i].first && point <= hidden[i].last) {
            return false;
        }
    }
    return true;
}

static const struct lead *
find_lead(uint8_t byte)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (byte >= leads[i].first && byte <= leads[i].last) {
            return &leads[i];
        }
    }
    return NULL;
}

/* Bytes of the printable character at p, or 0 when there is none. */
static size_t
measure(const uint8_t *p, size_t size)
{
    const struct lead *lead = NULL;
    uint32_t point = 0;

    if (p[0] >= ' ' && p[0] <= '~') { /* nearly all there is */
        return 1;
    }
    lead = find_lead(p[0]);
    if (lead == NULL || lead->size > size) {
        return 0;
    }
    point = lead->size == 1 ? p[0] : p[0] & (0x7fU >> lead->size);
    for (size_t i = 1; i < lead->size; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        point = point << 6 | (p[i] & 0x3fU);
    }
    return point >= lead->least && is_printable(point) ? lead->size : 0;
}

/* Bytes at the start that stand for themselves. */
static size_t
plain_run(const uint8_t *p, size_t size)
{
    size_t n = 0;

    while (n < size && p[n] >= ' ' && p[n] <= '~' && p[n] != '\\') {
        n++;
    }
    return n;
}

size_t
escape_text(const char *text, size_t size, char *out, size_t out_size)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t used = plain_run(p, size < out_size ? size : out_size - 1);

    memcpy(out, text, used); /* nearly always that is all */
    for (size_t i = used; i < size;) {
        size_t taken = measure(p + i, size - i);
        char octal[4] = {'\\', (char)('0' + (p[i] >> 6)),
                         (char)('0' + (p[i] >> 3 & 7)),
                         (char)('0' + (p[i] & 7))};
        const char *piece = taken > 0 ? text + i : octal;
        size_t length = taken > 0 ? taken : sizeof(octal);

        if (p[i] == '\\') {
            piece = "\\\\";
            length = 2;
        }
        if (length >= out_size - used) {
            break;
        }
        memcpy(out + used, piece, length);
        used += length;
        i += taken > 0 ? taken : 1;
    }
    out[used] = '\0';
    return used;
}
