/* Value types that are lists of words: names, files, patterns, algorithms. */
#include "policy/types.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "policy/path_pattern.h"
#include "policy/pattern.h"
#include "policy/timeouts.h"

/* Check or rewrite one word of a list. */
typedef int word_fn(struct value_context *ctx, const struct keyword *kw,
                    const char **word, struct diag *reterr);

/* Store the remaining words of the line; 0 of them is a mistake. */
static int
parse_words(struct value_context *ctx, const struct keyword *kw,
            struct words *words, word_fn *check, struct texts_setting *set,
            struct diag *reterr)
{
    size_t left = words->count - words->next;
    struct text_item *list = NULL;

    set->from = ctx->from;
    if (left == 0) {
        return diag_fail(reterr, -EINVAL, "no %s specified", ctx->written);
    }
    list = arena_alloc(ctx->arena, left * sizeof(*list));
    if (list == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < left; i++) {
        const char *word = words_next(words);
        int r = check != NULL ? check(ctx, kw, &word, reterr) : 0;

        if (r < 0) {
            return r;
        }
        list[i] = (struct text_item){.from = ctx->from, .text = word};
    }
    set->list = list;
    set->count = left;
    return 0;
}

static int
texts_merge(struct arena *arena, void *field, const void *later,
            struct diag *reterr)
{
    struct texts_setting *set = field;
    const struct texts_setting *more = later;
    struct text_item *list =
        value_room(arena, set->list, set->count, more->count, sizeof(*list));

    (void)reterr;
    if (list == NULL) {
        return -ENOMEM;
    }
    if (more->count > 0) {
        memcpy(list + set->count, more->list, more->count * sizeof(*list));
    }
    if (!keyword_is_set(set) || set->count == 0) {
        set->from = more->from;
    }
    set->list = list;
    set->count += more->count;
    return 0;
}

static size_t
texts_lines(const void *field)
{
    const struct texts_setting *set = field;

    return set->count;
}

static void
texts_format_one(const struct keyword *kw, const void *field, size_t i,
                 struct printout *out)
{
    const struct texts_setting *set = field;

    (void)kw;
    printout_word(out, set->list[i].text);
}

static void
texts_format_all(const struct keyword *kw, const void *field, size_t i,
                 struct printout *out)
{
    const struct texts_setting *set = field;

    (void)kw;
    (void)i;
    for (size_t w = 0; w < set->count; w++) {
        printout_add(out, "%s", w > 0 ? " " : "");
        printout_word(out, set->list[w].text);
    }
    if (set->count == 0) {
        printout_add(out, "none");
    }
}

/*
 * A list that may be the one word "none", stored as no words.  Where it is
 * not alone, what stands before it is looked at first, as sshd does.
 */
static int
parse_words_or_none(struct value_context *ctx, const struct keyword *kw,
                    struct words *words, word_fn *check,
                    struct texts_setting *set, struct diag *reterr)
{
    size_t none = words->next;
    struct words before = *words;
    int r = 0;

    while (none < words->count && strcasecmp(words->list[none], "none") != 0) {
        none++;
    }
    if (none == words->count) {
        return parse_words(ctx, kw, words, check, set, reterr);
    }
    before.count = none;
    if (none > words->next) {
        r = parse_words(ctx, kw, &before, check, set, reterr);
    }
    if (r == 0 && (none > words->next || none + 1 < words->count)) {
        r = value_soft(reterr,
                       "keyword %s \"none\" argument must appear alone.",
                       ctx->written);
    }
    words->next = words->count;
    set->from = ctx->from;
    return r;
}

static int
check_file(struct value_context *ctx, const struct keyword *kw,
           const char **word, struct diag *reterr)
{
    (void)kw;
    if (**word == '\0') {
        return value_soft(reterr, "keyword %s empty argument", ctx->written);
    }
    return value_path(ctx, *word, false, word, reterr);
}

static int
files_parse(struct value_context *ctx, const struct keyword *kw,
            struct words *words, void *field, struct diag *reterr)
{
    return parse_words_or_none(ctx, kw, words, check_file, field, reterr);
}

const struct value_type type_files = {
    .syntax = "file ... | none",
    .size = sizeof(struct texts_setting),
    .parse = files_parse,
    .format = texts_format_all,
};

/* One path a line, the lines add up. */
static int
path_list_parse(struct value_context *ctx, const struct keyword *kw,
                struct words *words, void *field, struct diag *reterr)
{
    struct texts_setting *set = field;
    struct text_item *item = arena_alloc(ctx->arena, sizeof(*item));
    const char *word = words_next(words);

    (void)kw;
    if (item == NULL) {
        return -ENOMEM;
    }
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing file name.");
    }
    *item = (struct text_item){.from = ctx->from, .text = word};
    *set = (struct texts_setting){.from = ctx->from, .list = item, .count = 1};
    if (strcasecmp(word, "none") == 0) {
        return 0;
    }
    return value_path(ctx, word, true, &item->text, reterr);
}

const struct value_type type_path_list = {
    .syntax = "path",
    .size = sizeof(struct texts_setting),
    .parse = path_list_parse,
    .format = texts_format_one,
    .lines = texts_lines,
    .merge = texts_merge,
};

/* "user" or "user@hosts": the hosts must not hold a bad CIDR block. */
static int
check_user(struct value_context *ctx, const struct keyword *kw,
           const char **word, struct diag *reterr)
{
    const char *at = strrchr(*word, '@');
    const struct address nowhere = {0};
    enum list_match match;
    struct diag detail = {0};
    int r = **word == '\0' ? -EINVAL : 0;

    (void)kw;
    if (r == 0 && at != NULL) {
        r = pattern_match_host_list(at + 1, NULL, &nowhere, &match, &detail);
    }
    if (r < 0) {
        return diag_fail(reterr, r, "invalid %s pattern: \"%.100s\"",
                         ctx->written, *word);
    }
    return 0;
}

static int
users_parse(struct value_context *ctx, const struct keyword *kw,
            struct words *words, void *field, struct diag *reterr)
{
    return parse_words(ctx, kw, words, check_user, field, reterr);
}

const struct value_type type_users = {
    .syntax = "user[@hosts] ...",
    .size = sizeof(struct texts_setting),
    .parse = users_parse,
    .format = texts_format_one,
    .lines = texts_lines,
    .merge = texts_merge,
};

static int
check_group(struct value_context *ctx, const struct keyword *kw,
            const char **word, struct diag *reterr)
{
    (void)kw;
    if (**word == '\0') {
        return diag_fail(reterr, -EINVAL, "empty %s pattern", ctx->written);
    }
    return 0;
}

static int
groups_parse(struct value_context *ctx, const struct keyword *kw,
             struct words *words, void *field, struct diag *reterr)
{
    return parse_words(ctx, kw, words, check_group, field, reterr);
}

const struct value_type type_groups = {
    .syntax = "group ...",
    .size = sizeof(struct texts_setting),
    .parse = groups_parse,
    .format = texts_format_one,
    .lines = texts_lines,
    .merge = texts_merge,
};

/* Words without a meaning of their own; a lone "none" in any case. */
static int
phrase_parse(struct value_context *ctx, const struct keyword *kw,
             struct words *words, void *field, struct diag *reterr)
{
    return parse_words_or_none(ctx, kw, words, NULL, field, reterr);
}

const struct value_type type_phrase = {
    .syntax = "word ...",
    .size = sizeof(struct texts_setting),
    .parse = phrase_parse,
    .format = texts_format_all,
};

static int
check_path_pattern(struct value_context *ctx, const struct keyword *kw,
                   const char **word, struct diag *reterr)
{
    struct diag detail = {0};
    int r = path_pattern_check(*word, &detail);

    (void)kw;
    return r == 0 ? 0
                  : diag_fail(reterr, r, "%s %s", ctx->written, detail.text);
}

/* "none" is a word of the list that no path matches. */
static int
path_patterns_parse(struct value_context *ctx, const struct keyword *kw,
                    struct words *words, void *field, struct diag *reterr)
{
    bool none = words->count == 1 && strcasecmp(words->list[0], "none") == 0;

    return parse_words(ctx, kw, words, none ? NULL : check_path_pattern, field,
                       reterr);
}

const struct value_type type_path_patterns = {
    .syntax = "/path ... | none",
    .size = sizeof(struct texts_setting),
    .parse = path_patterns_parse,
    .format = texts_format_one,
    .lines = texts_lines,
    .merge = texts_merge,
};

static int
check_timeout(struct value_context *ctx, const struct keyword *kw,
              const char **word, struct diag *reterr)
{
    uint64_t seconds = 0;

    (void)ctx;
    (void)kw;
    if (!timeouts_read(*word, &(size_t){0}, &seconds)) {
        return diag_fail(reterr, -EINVAL, "invalid channel timeout %.100s",
                         *word);
    }
    return 0;
}

static int
timeouts_parse(struct value_context *ctx, const struct keyword *kw,
               struct words *words, void *field, struct diag *reterr)
{
    return parse_words_or_none(ctx, kw, words, check_timeout, field, reterr);
}

const struct value_type type_timeouts = {
    .syntax = "pattern=time ... | none",
    .size = sizeof(struct texts_setting),
    .parse = timeouts_parse,
    .format = texts_format_all,
};

static int
check_variable_name(struct value_context *ctx, const struct keyword *kw,
                    const char **word, struct diag *reterr)
{
    (void)ctx;
    (void)kw;
    if (**word == '\0' || strchr(*word, '=') != NULL) {
        return diag_fail(reterr, -EINVAL, "Invalid environment name.");
    }
    return 0;
}

static int
variable_names_parse(struct value_context *ctx, const struct keyword *kw,
                     struct words *words, void *field, struct diag *reterr)
{
    return parse_words(ctx, kw, words, check_variable_name, field, reterr);
}

const struct value_type type_variable_names = {
    .syntax = "pattern ...",
    .size = sizeof(struct texts_setting),
    .parse = variable_names_parse,
    .format = texts_format_one,
    .lines = texts_lines,
    .merge = texts_merge,
};

static int
check_variable(struct value_context *ctx, const struct keyword *kw,
               const char **word, struct diag *reterr)
{
    (void)ctx;
    (void)kw;
    if (**word == '=' || strchr(*word, '=') == NULL) {
        return diag_fail(reterr, -EINVAL, "Invalid environment.");
    }
    return 0;
}

static bool
same_variable(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");

    return len == strcspn(b, "=") && strncmp(a, b, len) == 0;
}

/* Of two values for one name on a line the first counts. */
static int
variables_parse(struct value_context *ctx, const struct keyword *kw,
                struct words *words, void *field, struct diag *reterr)
{
    struct texts_setting *set = field;
    size_t first = words->next;
    int r = parse_words(ctx, kw, words, check_variable, set, reterr);
    size_t count = 0;

    for (size_t i = first; r == 0 && i < words->count; i++) {
        bool seen = false;

        for (size_t j = 0; j < count; j++) {
            seen = seen || same_variable(set->list[j].text, words->list[i]);
        }
        if (!seen) {
            struct text_item *list = (void *)(uintptr_t)set->list;

            list[count++].text = words->list[i];
        }
    }
    set->count = count;
    return r;
}

/* An unset list has no spelling, so it prints no line. */
static size_t
variables_lines(const void *field)
{
    const struct texts_setting *set = field;

    return set->count > 0 ? 1 : 0;
}

const struct value_type type_variables = {
    .syntax = "NAME=value ...",
    .size = sizeof(struct texts_setting),
    .parse = variables_parse,
    .format = texts_format_all,
    .lines = variables_lines,
};
