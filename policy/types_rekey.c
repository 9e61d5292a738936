/* RekeyLimit: a size, and perhaps a time; each the first that is written. */
#include "policy/types.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define BYTES_MAX ((uint64_t)INT64_MAX)
#define BYTES_MIN 16 /* less would rekey on every packet */

/* The power of 1024 behind a letter; -1 for one that is none. */
static int
unit_power(char letter)
{
    static const char units[] = "BKMGTPE";
    char upper =
        letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
    const char *found = strchr(units, upper);

    return found != NULL && upper != '\0' ? (int)(found - units) : -1;
}

/* ".5" of a unit, in bytes; digits beyond the ninth do not count. */
static uint64_t
fraction_bytes(const char *digits, size_t len, uint64_t unit)
{
    uint64_t value = 0;
    uint64_t scale = 1;

    for (size_t i = 0; i < len && i < 9; i++) {
        value = value * 10 + (uint64_t)(digits[i] - '0');
        scale *= 10;
    }
    return unit / scale * value + unit % scale * value / scale;
}

int
value_bytes(const char *text, uint64_t *ret)
{
    size_t whole = strspn(text, "0123456789");
    const char *point = text + whole;
    size_t part = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    const char *letter = point + (*point == '.' ? part + 1 : 0);
    int power = *letter == '\0' ? 0 : unit_power(*letter);
    uint64_t unit, limit;
    uint64_t value = 0;

    if (whole + part == 0 || power < 0 ||
        (*letter != '\0' && letter[1] != '\0')) {
        return -EINVAL;
    }
    unit = (uint64_t)1 << (10 * power);
    limit = BYTES_MAX / unit;
    for (size_t i = 0; i < whole; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');

        if (value > limit / 10 || value * 10 + digit > limit) {
            return -ERANGE;
        }
        value = value * 10 + digit;
    }
    *ret = value * unit + fraction_bytes(point + 1, part, unit);
    return 0;
}

static int
parse_bytes(const struct value_context *ctx, const char *word,
            struct rekey_setting *set, struct diag *reterr)
{
    const char *size = word + strspn(word, " \t\r\n\v\f");
    bool negative = *size == '-';
    int r;

    set->has_bytes = true;
    if (strcmp(word, "default") == 0) {
        return 0;
    }
    r = value_bytes(size + (negative || *size == '+' ? 1 : 0), &set->bytes);
    if (r < 0) {
        return diag_fail(reterr, -EINVAL, "Bad %s number '%.100s': %s",
                         ctx->written, word,
                         r == -ERANGE ? "Numerical result out of range"
                                      : "Invalid argument");
    }
    if (set->bytes != 0 && (negative || set->bytes < BYTES_MIN)) {
        return diag_fail(reterr, -EINVAL, "%s too small", ctx->written);
    }
    return 0;
}

static int
rekey_parse(struct value_context *ctx, const struct keyword *kw,
            struct words *words, void *field, struct diag *reterr)
{
    struct rekey_setting *set = field;
    const char *word = value_word(ctx, words, reterr);
    int r;

    (void)kw;
    set->from = ctx->from;
    if (word == NULL) {
        return -EINVAL;
    }
    r = parse_bytes(ctx, word, set, reterr);
    if (r < 0) {
        return r;
    }
    word = words_next(words);
    if (word == NULL || strcmp(word, "none") == 0) {
        return 0;
    }
    if (*word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing time value.");
    }
    if (value_seconds(word, &set->seconds) < 0) {
        return diag_fail(reterr, -EINVAL, "invalid time value.");
    }
    set->has_seconds = true;
    return 0;
}

static void
rekey_format(const struct keyword *kw, const void *field, size_t i,
             struct printout *out)
{
    const struct rekey_setting *set = field;

    (void)kw;
    (void)i;
    printout_add(out, "%" PRIu64 " %" PRIu64, set->bytes, set->seconds);
}

static int
rekey_merge(struct arena *arena, void *field, const void *later,
            struct diag *reterr)
{
    struct rekey_setting *set = field;
    const struct rekey_setting *more = later;

    (void)arena;
    (void)reterr;
    if (!keyword_is_set(set)) {
        *set = *more;
        return 0;
    }
    if (!set->has_bytes && more->has_bytes) {
        set->bytes = more->bytes;
        set->has_bytes = true;
    }
    if (!set->has_seconds && more->has_seconds) {
        set->seconds = more->seconds;
        set->has_seconds = true;
    }
    return 0;
}

const struct value_type type_rekey = {
    .syntax = "size | default [time | none]",
    .size = sizeof(struct rekey_setting),
    .parse = rekey_parse,
    .format = rekey_format,
    .merge = rekey_merge,
};
