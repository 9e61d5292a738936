#include "server/ipc/wire.h"

#include <errno.h>
#include <string.h>

struct wire
wire_over(const void *data, size_t size)
{
    const uint8_t *p = data;

    if (p == NULL) {
        return (struct wire){.bad = true};
    }
    return (struct wire){.p = p, .end = p + size};
}

const uint8_t *
wire_raw(struct wire *w, size_t n)
{
    const uint8_t *p = w->p;

    if (w->bad || (size_t)(w->end - w->p) < n) {
        w->bad = true;
        return NULL;
    }
    w->p += n;
    return p;
}

static uint64_t
take_number(struct wire *w, size_t bytes)
{
    const uint8_t *p = wire_raw(w, bytes);
    uint64_t value = 0;

    if (p == NULL) {
        return 0;
    }
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | p[i];
    }
    return value;
}

uint8_t
wire_u8(struct wire *w)
{
    return (uint8_t)take_number(w, 1);
}

uint16_t
wire_u16(struct wire *w)
{
    return (uint16_t)take_number(w, 2);
}

uint32_t
wire_u32(struct wire *w)
{
    return (uint32_t)take_number(w, 4);
}

uint64_t
wire_u64(struct wire *w)
{
    return take_number(w, 8);
}

struct wire_bytes
wire_string(struct wire *w)
{
    uint32_t size = wire_u32(w);
    const uint8_t *data = wire_raw(w, size);

    return (struct wire_bytes){.data = data, .size = data == NULL ? 0 : size};
}

void
wire_text(struct wire *w, char *out, size_t size)
{
    struct wire_bytes b = wire_string(w);

    out[0] = '\0';
    if (b.data == NULL || b.size >= size ||
        memchr(b.data, '\0', b.size) != NULL) {
        w->bad = true;
        return;
    }
    memcpy(out, b.data, b.size);
    out[b.size] = '\0';
}

int
wire_done(const struct wire *w)
{
    return w->bad || w->p != w->end ? -EBADMSG : 0;
}

bool
wire_bytes_are(struct wire_bytes b, const char *text)
{
    return b.data != NULL && b.size == strlen(text) &&
           memcmp(b.data, text, b.size) == 0;
}

struct wire_out
wire_into(void *data, size_t size)
{
    return (struct wire_out){.data = data, .size = size};
}

void
wire_put_raw(struct wire_out *w, const void *data, size_t size)
{
    if (w->bad || w->size - w->used < size) {
        w->bad = true;
        return;
    }
    if (size > 0) {
        memcpy(w->data + w->used, data, size);
    }
    w->used += size;
}

static void
put_number(struct wire_out *w, uint64_t value, size_t bytes)
{
    uint8_t out[8];

    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
    wire_put_raw(w, out, bytes);
}

void
wire_put_u8(struct wire_out *w, uint8_t value)
{
    put_number(w, value, 1);
}

void
wire_put_u16(struct wire_out *w, uint16_t value)
{
    put_number(w, value, 2);
}

void
wire_put_u32(struct wire_out *w, uint32_t value)
{
    put_number(w, value, 4);
}

void
wire_put_u64(struct wire_out *w, uint64_t value)
{
    put_number(w, value, 8);
}

void
wire_put_string(struct wire_out *w, const void *data, size_t size)
{
    if (size > UINT32_MAX) {
        w->bad = true;
        return;
    }
    wire_put_u32(w, (uint32_t)size);
    wire_put_raw(w, data, size);
}

void
wire_put_text(struct wire_out *w, const char *text)
{
    wire_put_string(w, text, text == NULL ? 0 : strlen(text));
}

long
wire_out_size(const struct wire_out *w)
{
    return w->bad ? -EMSGSIZE : (long)w->used;
}
