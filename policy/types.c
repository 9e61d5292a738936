/* Pieces that several value types are made of. */
#include "policy/types.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/number.h"

/* sshd's integers are C ints without a sign. */
#define INTEGER_MAX 0x7fffffff
#define MICROSECONDS ((uint64_t)1000000) /* in a second */

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

int
value_integer(const struct value_context *ctx, const char *word, uint64_t *ret,
              struct diag *reterr)
{
    const char *what = "invalid";

    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "%s integer value missing.",
                         ctx->written);
    }
    switch (number_read(word, INTEGER_MAX, ret)) {
    case 0:
        return 0;
    case -ERANGE:
        what = "too large";
        break;
    case -EDOM:
        what = "too small";
        break;
    }
    return diag_fail(reterr, -EINVAL, "%s integer value %s.", ctx->written,
                     what);
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

/* ".25" at *p, in microseconds; digits beyond the sixth do not count. */
static uint64_t
take_fraction(const char **p)
{
    uint64_t value = 0;
    uint64_t unit = MICROSECONDS;

    for ((*p)++; is_digit(**p); (*p)++) {
        unit /= 10;
        value += unit * (uint64_t)(**p - '0');
    }
    return value;
}

/*
 * One "<n>[.<n>][unit]" at *p, in microseconds; a fraction stands before
 * seconds only.
 */
static int
take_span(const char **p, uint64_t *ret_unit, uint64_t *ret)
{
    const char *start = *p;
    uint64_t value = number_digits(p, VALUE_SECONDS_MAX);
    bool fraction = **p == '.' && is_digit((*p)[1]);
    uint64_t part = 0;
    uint64_t unit;

    if (*p == start && !fraction) {
        return -EINVAL;
    }
    if (fraction) {
        part = take_fraction(p);
    }
    unit = unit_seconds(**p);
    if (unit == 0 || (fraction && unit != 1) ||
        value > VALUE_SECONDS_MAX / unit) {
        return -EINVAL;
    }
    *p += **p != '\0' ? 1 : 0;
    *ret_unit = unit;
    *ret = value * unit * MICROSECONDS + part;
    return 0;
}

int
value_microseconds(const char *text, uint64_t *ret)
{
    uint64_t total = 0;
    bool seen_seconds = false;
    const char *p = text;

    do {
        uint64_t unit, span;

        if (take_span(&p, &unit, &span) < 0 || (unit == 1 && seen_seconds)) {
            return -EINVAL;
        }
        seen_seconds = seen_seconds || unit == 1;
        total += span;
        if (total > VALUE_SECONDS_MAX * MICROSECONDS) {
            return -EINVAL;
        }
    } while (*p != '\0');
    *ret = total;
    return 0;
}

int
value_seconds(const char *text, uint64_t *ret)
{
    uint64_t span = 0;
    int r = value_microseconds(text, &span);

    if (r == 0) {
        *ret = span / MICROSECONDS;
    }
    return r;
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
