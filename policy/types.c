/* Pieces that several value types are made of. */
#include "policy/types.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/number.h"

int
value_soft(struct diag *reterr, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(reterr->text, sizeof(reterr->text), fmt, ap);
    va_end(ap);
    reterr->severity = SEVERITY_SOFT;
    return -EINVAL;
}

int
value_missing(const struct value_context *ctx, struct diag *reterr)
{
    return diag_fail(reterr, -EINVAL, "%s missing argument.", ctx->written);
}

const char *
value_word(const struct value_context *ctx, struct words *words,
           struct diag *reterr)
{
    const char *word = words_next(words);

    if (word != NULL && *word != '\0') {
        return word;
    }
    value_missing(ctx, reterr);
    return NULL;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Seconds in a unit; 0 for a letter that is none. */
static uint64_t
unit_seconds(char letter)
{
    switch (letter) {
    case '\0':
    case 's':
    case 'S':
        return 1;
    case 'm':
    case 'M':
        return 60;
    case 'h':
    case 'H':
        return 3600;
    case 'd':
    case 'D':
        return 86400;
    case 'w':
    case 'W':
        return 7 * 86400;
    }
    return 0;
}

/* One "<n>[.<n>][unit]" at *p; a fraction stands before seconds only. */
static int
take_span(const char **p, uint64_t *ret_unit, uint64_t *ret)
{
    const char *start = *p;
    uint64_t value = number_digits(p, VALUE_SECONDS_MAX);
    bool fraction = **p == '.' && is_digit((*p)[1]);
    uint64_t unit;

    if (*p == start && !fraction) {
        return -EINVAL;
    }
    if (fraction) {
        *p += 1 + strspn(*p + 1, "0123456789");
    }
    unit = unit_seconds(**p);
    if (unit == 0 || (fraction && unit != 1) ||
        value > VALUE_SECONDS_MAX / unit) {
        return -EINVAL;
    }
    *p += **p != '\0' ? 1 : 0;
    *ret_unit = unit;
    *ret = value * unit;
    return 0;
}

int
value_seconds(const char *text, uint64_t *ret)
{
    uint64_t total = 0;
    bool seen_seconds = false;
    const char *p = text;

    do {
        uint64_t unit, span;

        if (take_span(&p, &unit, &span) < 0 || (unit == 1 && seen_seconds) ||
            span > VALUE_SECONDS_MAX - total) {
            return -EINVAL;
        }
        seen_seconds = seen_seconds || unit == 1;
        total += span;
    } while (*p != '\0');
    *ret = total;
    return 0;
}

uint16_t
value_port(const struct value_context *ctx, const char *text)
{
    uint64_t port = 0;

    if (number_read(text, UINT16_MAX, &port) == 0) {
        return (uint16_t)port;
    }
    if (ctx->facts->service == NULL || *text == '\0') {
        return 0;
    }
    return ctx->facts->service(ctx->facts->service_arg, text);
}

static int
join(struct arena *arena, const char *before, const char *between,
     const char *after, const char **ret)
{
    size_t size = strlen(before) + strlen(between) + strlen(after) + 1;
    char *text = arena_alloc(arena, size);

    if (text == NULL) {
        return -ENOMEM;
    }
    snprintf(text, size, "%s%s%s", before, between, after);
    *ret = text;
    return 0;
}

int
value_path(struct value_context *ctx, const char *text, bool relative,
           const char **ret, struct diag *reterr)
{
    const struct facts *facts = ctx->facts;

    if (*text == '~') {
        if ((text[1] != '/' && text[1] != '\0') || facts->home == NULL) {
            return diag_fail(reterr, -EINVAL,
                             "cannot expand \"%.200s\": write the full path",
                             text);
        }
        text += 1 + strspn(text + 1, "/");
        return join(ctx->arena, facts->home, "/", text, ret);
    }
    if (relative && *text != '/' && facts->directory != NULL) {
        return join(ctx->arena, facts->directory, "/", text, ret);
    }
    *ret = text;
    return 0;
}

/* How many items a list of count items, made by value_room, has space for. */
static size_t
room_of(size_t count)
{
    size_t room = count > 0 ? 1 : 0;

    while (room < count) {
        room *= 2;
    }
    return room;
}

void *
value_room(struct arena *arena, const void *list, size_t count, size_t more,
           size_t item_size)
{
    void *copy = NULL;

    if (count > 0 && count + more <= room_of(count)) {
        return (void *)(uintptr_t)list;
    }
    if (count + more > ARENA_BYTES_MAX / item_size) {
        return NULL;
    }
    copy = arena_alloc(arena, room_of(count + more) * item_size);
    if (copy != NULL && count > 0) {
        memcpy(copy, list, count * item_size);
    }
    return copy;
}
