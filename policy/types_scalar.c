/* Value types of one value: words, numbers, times, texts, RekeyLimit. */
#include "policy/types.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "policy/address.h"

const struct choice choices_yes_no[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};

static int
choice_parse(struct value_context *ctx, const struct keyword *kw,
             struct words *words, void *field, struct diag *reterr)
{
    struct choice_setting *set = field;
    const char *word = words_next(words);

    set->from = ctx->from;
    for (const struct choice *c = kw->choices; word != NULL && c->name != NULL;
         c++) {
        if (strcasecmp(word, c->name) == 0) {
            set->value = c->value;
            return 0;
        }
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

static int
number_parse(struct value_context *ctx, const struct keyword *kw,
             struct words *words, void *field, struct diag *reterr)
{
    struct number_setting *set = field;

    set->from = ctx->from;
    return value_integer(kw, words_next(words), &set->value, reterr);
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

/* Octal, up to 0777; what follows the digits is not looked at, as in sshd. */
static int
mode_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    struct number_setting *set = field;
    const char *word = words_next(words);

    set->from = ctx->from;
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "%s missing argument.", kw->name);
    }
    for (size_t i = 0; word[i] >= '0' && word[i] <= '7'; i++) {
        set->value = set->value * 8 + (uint64_t)(word[i] - '0');
        if (set->value > 0777) {
            break;
        }
    }
    if (set->value > 0777 || *word < '0' || *word > '7') {
        return diag_fail(reterr, -EINVAL, "Invalid %s.", kw->name);
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

static int
word_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    struct text_setting *set = field;
    const char *word = words_next(words);

    set->from = ctx->from;
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "%s missing argument.", kw->name);
    }
    set->value = strcasecmp(word, "none") == 0 ? NULL : word;
    return 0;
}

static void
word_format(const struct keyword *kw, const void *field, size_t i,
            struct printout *out)
{
    const struct text_setting *set = field;

    (void)kw;
    (void)i;
    printout_word(out, set->value != NULL ? set->value : "none");
}

const struct value_type type_word = {
    .syntax = "word | none",
    .size = sizeof(struct text_setting),
    .parse = word_parse,
    .format = word_format,
};

/* Addresses, networks and patterns: a comma list in one word. */
static int
address_list_parse(struct value_context *ctx, const struct keyword *kw,
                   struct words *words, void *field, struct diag *reterr)
{
    static const struct address nowhere;
    struct text_setting *set = field;
    const char *word = words_next(words);
    enum list_match match = LIST_NO_MATCH;
    struct diag why = {0};

    set->from = ctx->from;
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing argument.");
    }
    set->value = strcasecmp(word, "none") == 0 ? NULL : word;
    if (address_match_list(word, &nowhere, &match, &why) < 0) {
        return diag_fail(reterr, -EINVAL,
                         "keyword %s invalid address argument: %s", kw->name,
                         why.text);
    }
    return 0;
}

const struct value_type type_address_list = {
    .syntax = "address[,address ...] | none",
    .size = sizeof(struct text_setting),
    .parse = address_list_parse,
    .format = word_format,
};

static int
path_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    struct text_setting *set = field;
    const char *word = words_next(words);

    (void)kw;
    set->from = ctx->from;
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing file name.");
    }
    if (strcasecmp(word, "none") == 0) {
        set->value = NULL;
        return 0;
    }
    return value_path(ctx, word, true, &set->value, reterr);
}

const struct value_type type_path = {
    .syntax = "path | none",
    .size = sizeof(struct text_setting),
    .parse = path_parse,
    .format = word_format,
};

/* The rest of the line as written, comments and quotes included. */
static int
tail_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    struct text_setting *set = field;

    (void)kw;
    (void)reterr;
    set->from = ctx->from;
    set->value = strcasecmp(words->tail, "none") == 0 ? NULL : words->tail;
    words->next = words->count;
    return 0;
}

static void
tail_format(const struct keyword *kw, const void *field, size_t i,
            struct printout *out)
{
    const struct text_setting *set = field;

    (void)kw;
    (void)i;
    printout_add(out, "%s", set->value != NULL ? set->value : "none");
}

const struct value_type type_tail = {
    .syntax = "rest of the line | none",
    .size = sizeof(struct text_setting),
    .parse = tail_parse,
    .format = tail_format,
};
