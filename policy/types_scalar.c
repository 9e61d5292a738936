/* Value types of one value: choices, numbers, times. */
#include "policy/types.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

const struct choice choices_yes_no[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};

typedef int compare_fn(const char *a, const char *b);

/* Store the choice that word names; false when there is none. */
static bool
choose(const struct keyword *kw, const char *word, compare_fn *compare,
       struct choice_setting *set)
{
    for (const struct choice *c = kw->choices; word != NULL && c->name != NULL;
         c++) {
        if (compare(word, c->name) == 0) {
            set->value = c->value;
            return true;
        }
    }
    return false;
}

static int
choice_parse(struct value_context *ctx, const struct keyword *kw,
             struct words *words, void *field, struct diag *reterr)
{
    struct choice_setting *set = field;
    const char *word = words_next(words);

    set->from = ctx->from;
    if (choose(kw, word, strcasecmp, set)) {
        return 0;
    }
    if (kw->noun != NULL) {
        return diag_fail(reterr, -EINVAL, "unsupported %s '%.100s'", kw->noun,
                         word != NULL ? word : "<NONE>");
    }
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing argument.");
    }
    return diag_fail(reterr, -EINVAL, "unsupported option \"%.100s\".", word);
}

static void
choice_format(const struct keyword *kw, const void *field, size_t i,
              struct printout *out)
{
    const struct choice_setting *set = field;

    (void)i;
    for (const struct choice *c = kw->choices; c->name != NULL; c++) {
        if (c->value == set->value) {
            printout_add(out, "%s", c->name);
            return;
        }
    }
}

const struct value_type type_choice = {
    .syntax = "word",
    .size = sizeof(struct choice_setting),
    .parse = choice_parse,
    .format = choice_format,
};

/* The words count letter by letter. */
static int
choice_exact_parse(struct value_context *ctx, const struct keyword *kw,
                   struct words *words, void *field, struct diag *reterr)
{
    struct choice_setting *set = field;
    const char *word = value_word(ctx, words, reterr);

    set->from = ctx->from;
    if (word != NULL && !choose(kw, word, strcmp, set)) {
        return diag_fail(reterr, -EINVAL, "bad %s argument %.100s",
                         ctx->written, word);
    }
    return word != NULL ? 0 : -EINVAL;
}

const struct value_type type_choice_exact = {
    .syntax = "word",
    .size = sizeof(struct choice_setting),
    .parse = choice_exact_parse,
    .format = choice_format,
};

static int
hash_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    struct choice_setting *set = field;
    const char *word = value_word(ctx, words, reterr);

    set->from = ctx->from;
    if (word != NULL && !choose(kw, word, strcasecmp, set)) {
        return diag_fail(reterr, -EINVAL, "Invalid %s algorithm \"%.100s\".",
                         ctx->written, word);
    }
    return word != NULL ? 0 : -EINVAL;
}

const struct value_type type_hash = {
    .syntax = "hash",
    .size = sizeof(struct choice_setting),
    .parse = hash_parse,
    .format = choice_format,
};

static int
number_parse(struct value_context *ctx, const struct keyword *kw,
             struct words *words, void *field, struct diag *reterr)
{
    struct number_setting *set = field;

    (void)kw;
    set->from = ctx->from;
    return value_integer(ctx, words_next(words), &set->value, reterr);
}

static void
number_format(const struct keyword *kw, const void *field, size_t i,
              struct printout *out)
{
    const struct number_setting *set = field;

    (void)kw;
    (void)i;
    printout_add(out, "%" PRIu64, set->value);
}

const struct value_type type_number = {
    .syntax = "number",
    .size = sizeof(struct number_setting),
    .parse = number_parse,
    .format = number_format,
};

static int
time_read(const char *word, uint64_t *ret, struct diag *reterr)
{
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing time value.");
    }
    if (value_seconds(word, ret) < 0) {
        return diag_fail(reterr, -EINVAL, "invalid time value.");
    }
    return 0;
}

static int
time_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    struct number_setting *set = field;

    (void)kw;
    set->from = ctx->from;
    return time_read(words_next(words), &set->value, reterr);
}

const struct value_type type_time = {
    .syntax = "time",
    .size = sizeof(struct number_setting),
    .parse = time_parse,
    .format = number_format,
};

/* 0 is "none". */
static int
time_or_none_parse(struct value_context *ctx, const struct keyword *kw,
                   struct words *words, void *field, struct diag *reterr)
{
    struct number_setting *set = field;
    const char *word = words_next(words);

    (void)kw;
    set->from = ctx->from;
    if (word != NULL && strcasecmp(word, "none") == 0) {
        set->value = 0;
        return 0;
    }
    return time_read(word, &set->value, reterr);
}

static void
time_or_none_format(const struct keyword *kw, const void *field, size_t i,
                    struct printout *out)
{
    const struct number_setting *set = field;

    if (set->value == 0) {
        printout_add(out, "none");
        return;
    }
    number_format(kw, field, i, out);
}

const struct value_type type_time_or_none = {
    .syntax = "time | none",
    .size = sizeof(struct number_setting),
    .parse = time_or_none_parse,
    .format = time_or_none_format,
};

/*
 * Octal, up to 0777.  As with strtol(3), which sshd uses, blanks and a sign
 * may stand before the digits, and what follows them is not looked at.
 */
static int
mode_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    struct number_setting *set = field;
    const char *word = value_word(ctx, words, reterr);
    const char *p = NULL;
    const char *digits = NULL;

    (void)kw;
    set->from = ctx->from;
    if (word == NULL) {
        return -EINVAL;
    }
    p = word + strspn(word, " \t\r\n\v\f");
    digits = *p == '+' ? p + 1 : p;
    for (p = digits; *p >= '0' && *p <= '7' && set->value <= 0777; p++) {
        set->value = set->value * 8 + (uint64_t)(*p - '0');
    }
    if (p == digits || set->value > 0777) {
        return diag_fail(reterr, -EINVAL, "Invalid %s.", ctx->written);
    }
    return 0;
}

static void
mode_format(const struct keyword *kw, const void *field, size_t i,
            struct printout *out)
{
    const struct number_setting *set = field;

    (void)kw;
    (void)i;
    printout_add(out, "0%" PRIo64, set->value);
}

const struct value_type type_mode = {
    .syntax = "octal mode",
    .size = sizeof(struct number_setting),
    .parse = mode_parse,
    .format = mode_format,
};
