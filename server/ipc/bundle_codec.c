/*
 * A bundle is a header of five numbers, then its texts in one fixed order.
 * A text travels with its NUL so that readers can point into the mapping; an
 * absent text is an empty string.  The reader trusts nobody: counts are
 * checked against the bytes that are there before anything is allocated.
 */
#include "server/ipc/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x50434231U  /* "PCB1" */
#define HEADER_SIZE 24     /* magic, four counts, log_to_stderr */
#define COUNT_MAX 1048576U /* items of one kind */

/* The arrays of a bundle that was read, in one allocation. */
struct arrays {
    struct include *includes;
    struct source *sources; /* of all includes, one after the other */
    const char **overrides;
    struct bundle_host_key *host_keys;
};

struct counts {
    uint32_t includes, sources, overrides, host_keys;
};

static size_t
source_total(const struct sources *s)
{
    size_t total = 0;

    for (size_t i = 0; i < s->include_count; i++) {
        total += s->includes[i].count;
    }
    return total;
}

static size_t
text_size(const char *text)
{
    return 4 + (text == NULL ? 0 : strlen(text) + 1);
}

static size_t
source_size(const struct source *s)
{
    return text_size(s->name) + 4 + s->size;
}

size_t
bundle_size(const struct bundle *b)
{
    size_t size = HEADER_SIZE + text_size(b->home) + text_size(b->directory) +
                  source_size(&b->sources.main);

    for (size_t i = 0; i < b->sources.include_count; i++) {
        const struct include *include = &b->sources.includes[i];

        size += text_size(include->pattern) + 4;
        for (size_t j = 0; j < include->count; j++) {
            size += source_size(&include->list[j]);
        }
    }
    for (size_t i = 0; i < b->sources.override_count; i++) {
        size += text_size(b->sources.overrides[i]);
    }
    for (size_t i = 0; i < b->host_key_count; i++) {
        size +=
            text_size(b->host_keys[i].path) + 4 + b->host_keys[i].text.size + 1;
    }
    return size;
}

static void
put_text(struct wire_out *w, const char *text)
{
    wire_put_string(w, text, text == NULL ? 0 : strlen(text) + 1);
}

static void
put_source(struct wire_out *w, const struct source *s)
{
    put_text(w, s->name);
    wire_put_string(w, s->text, s->size);
}

static void
put_header(struct wire_out *w, const struct bundle *b)
{
    wire_put_u32(w, MAGIC);
    wire_put_u32(w, (uint32_t)b->sources.include_count);
    wire_put_u32(w, (uint32_t)source_total(&b->sources));
    wire_put_u32(w, (uint32_t)b->sources.override_count);
    wire_put_u32(w, (uint32_t)b->host_key_count);
    wire_put_u32(w, b->log_to_stderr ? 1 : 0);
}

long
bundle_encode(const struct bundle *b, void *out, size_t size)
{
    struct wire_out w = wire_into(out, size);

    put_header(&w, b);
    put_text(&w, b->home);
    put_text(&w, b->directory);
    put_source(&w, &b->sources.main);
    for (size_t i = 0; i < b->sources.include_count; i++) {
        const struct include *include = &b->sources.includes[i];

        put_text(&w, include->pattern);
        wire_put_u32(&w, (uint32_t)include->count);
        for (size_t j = 0; j < include->count; j++) {
            put_source(&w, &include->list[j]);
        }
    }
    for (size_t i = 0; i < b->sources.override_count; i++) {
        put_text(&w, b->sources.overrides[i]);
    }
    for (size_t i = 0; i < b->host_key_count; i++) {
        const struct bundle_host_key *key = &b->host_keys[i];

        put_text(&w, key->path);
        wire_put_string(&w, key->text.data, key->text.size);
        wire_put_u8(&w, key->required ? 1 : 0);
    }
    return wire_out_size(&w);
}

/* A text, or NULL for an absent one; bad when its one NUL is not its end. */
static const char *
get_text(struct wire *w)
{
    struct wire_bytes b = wire_string(w);

    if (b.size == 0) {
        return NULL;
    }
    if (memchr(b.data, '\0', b.size) != b.data + b.size - 1) {
        w->bad = true;
        return NULL;
    }
    return (const char *)b.data;
}

static const char *
get_required_text(struct wire *w)
{
    const char *text = get_text(w);

    if (text == NULL) {
        w->bad = true;
    }
    return text;
}

static void
get_source(struct wire *w, struct source *ret)
{
    struct wire_bytes text;

    ret->name = get_required_text(w);
    text = wire_string(w);
    ret->text = (const char *)text.data;
    ret->size = text.size;
}

static bool
get_flag(uint32_t value, struct wire *w)
{
    if (value > 1) {
        w->bad = true;
    }
    return value == 1;
}

static struct counts
get_header(struct wire *w, struct bundle *b)
{
    struct counts n = {0};
    size_t least = 0;

    if (wire_u32(w) != MAGIC) {
        w->bad = true;
    }
    n.includes = wire_u32(w);
    n.sources = wire_u32(w);
    n.overrides = wire_u32(w);
    n.host_keys = wire_u32(w);
    b->log_to_stderr = get_flag(wire_u32(w), w);
    /* What so many items take at least, each with its terminated name. */
    least = (size_t)n.includes * 9 + (size_t)n.sources * 9 +
            (size_t)n.overrides * 5 + (size_t)n.host_keys * 10;
    if (w->bad || n.includes > COUNT_MAX || n.sources > COUNT_MAX ||
        n.overrides > COUNT_MAX || n.host_keys > BUNDLE_HOST_KEY_MAX ||
        least > (size_t)(w->end - w->p)) {
        w->bad = true;
        return (struct counts){0};
    }
    return n;
}

static int
arrays_new(const struct counts *n, struct arrays *ret, void **ret_storage)
{
    size_t includes = n->includes * sizeof(*ret->includes);
    size_t sources = n->sources * sizeof(*ret->sources);
    size_t overrides = n->overrides * sizeof(*ret->overrides);
    size_t host_keys = n->host_keys * sizeof(*ret->host_keys);
    char *storage = calloc(1, includes + sources + overrides + host_keys + 1);

    if (storage == NULL) {
        return -ENOMEM;
    }
    *ret_storage = storage;
    ret->includes = (void *)storage;
    ret->sources = (void *)(storage + includes);
    ret->overrides = (void *)(storage + includes + sources);
    ret->host_keys = (void *)(storage + includes + sources + overrides);
    return 0;
}

/* Each include takes its share of the sources; together exactly all. */
static void
get_includes(struct wire *w, const struct counts *n, struct arrays *to)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < n->includes; i++) {
        struct include *include = &to->includes[i];
        uint32_t count;

        include->pattern = get_required_text(w);
        count = wire_u32(w);
        if (count > n->sources - used) {
            w->bad = true;
            return;
        }
        include->list = &to->sources[used];
        include->count = count;
        for (uint32_t j = 0; j < count; j++) {
            get_source(w, &to->sources[used + j]);
        }
        used += count;
    }
    if (used != n->sources) {
        w->bad = true;
    }
}

static void
get_host_keys(struct wire *w, uint32_t count, struct bundle_host_key *to)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i].path = get_required_text(w);
        to[i].text = wire_string(w);
        to[i].required = get_flag(wire_u8(w), w);
    }
}

static void
get_body(struct wire *w, const struct counts *n, struct arrays *to,
         struct bundle *b)
{
    b->home = get_text(w);
    b->directory = get_text(w);
    get_source(w, &b->sources.main);
    get_includes(w, n, to);
    for (uint32_t i = 0; i < n->overrides; i++) {
        to->overrides[i] = get_required_text(w);
    }
    get_host_keys(w, n->host_keys, to->host_keys);
    b->sources.includes = to->includes;
    b->sources.include_count = n->includes;
    b->sources.overrides = to->overrides;
    b->sources.override_count = n->overrides;
    b->host_keys = to->host_keys;
    b->host_key_count = n->host_keys;
}

int
bundle_decode(const void *data, size_t size, struct bundle *ret)
{
    struct wire w = wire_over(data, size);
    struct bundle b = {0};
    struct counts n = get_header(&w, &b);
    struct arrays arrays = {0};
    int r = w.bad ? -EBADMSG : 0;

    *ret = (struct bundle){0};
    if (r == 0) {
        r = arrays_new(&n, &arrays, &b.storage);
    }
    if (r < 0) {
        return r;
    }
    get_body(&w, &n, &arrays, &b);
    r = wire_done(&w);
    if (r < 0) {
        bundle_done(&b);
        return r;
    }
    *ret = b;
    return 0;
}
