/* Value types of keywords about sessions, which exist for -T only. */
#include "policy/types.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define SUBSYSTEMS_MAX 256 /* as sshd */

/* The name and its command, as one text that the lexer reads back. */
static int
subsystem_text(struct value_context *ctx, struct words *words, const char **ret)
{
    struct printout text = {0};
    int r = 0;

    for (size_t i = 0; i < words->count; i++) {
        printout_add(&text, "%s", i > 0 ? " " : "");
        printout_word(&text, words_next(words));
    }
    *ret = text.failed ? NULL : arena_text(ctx->arena, text.text, text.size);
    r = *ret == NULL ? -ENOMEM : 0;
    printout_done(&text);
    return r;
}

static int
subsystem_parse(struct value_context *ctx, const struct keyword *kw,
                struct words *words, void *field, struct diag *reterr)
{
    struct texts_setting *set = field;
    struct text_item *item = arena_alloc(ctx->arena, sizeof(*item));

    (void)kw;
    if (item == NULL) {
        return -ENOMEM;
    }
    if (words->count < 2 || *words->list[0] == '\0' ||
        *words->list[1] == '\0') {
        return value_missing(ctx, reterr);
    }
    item->from = ctx->from;
    *set = (struct texts_setting){.from = ctx->from, .list = item, .count = 1};
    return subsystem_text(ctx, words, &item->text);
}

static bool
same_name(const char *a, const char *b)
{
    size_t len = strcspn(a, " ");

    return len == strcspn(b, " ") && strncmp(a, b, len) == 0;
}

/* The first line of a name wins. */
static int
subsystem_merge(struct arena *arena, void *field, const void *later,
                struct diag *reterr)
{
    struct texts_setting *set = field;
    const struct texts_setting *more = later;
    struct text_item *list = NULL;

    for (size_t i = 0; i < set->count; i++) {
        if (same_name(set->list[i].text, more->list[0].text)) {
            return 0;
        }
    }
    if (set->count >= SUBSYSTEMS_MAX) {
        return diag_fail(reterr, -EINVAL, "too many subsystems defined.");
    }
    list = value_room(arena, set->list, set->count, 1, sizeof(*list));
    if (list == NULL) {
        return -ENOMEM;
    }
    list[set->count++] = more->list[0];
    set->list = list;
    if (!keyword_is_set(set)) {
        set->from = more->from;
    }
    return 0;
}

static size_t
subsystem_lines(const void *field)
{
    const struct texts_setting *set = field;

    return set->count;
}

static void
subsystem_format(const struct keyword *kw, const void *field, size_t i,
                 struct printout *out)
{
    const struct texts_setting *set = field;

    (void)kw;
    printout_add(out, "%s", set->list[i].text);
}

const struct value_type type_subsystem = {
    .syntax = "name command ...",
    .size = sizeof(struct texts_setting),
    .parse = subsystem_parse,
    .format = subsystem_format,
    .lines = subsystem_lines,
    .merge = subsystem_merge,
};

/* In this order they are printed, each once. */
static const char *const key_options[] = {"touch-required", "verify-required"};

#define KEY_OPTIONS (sizeof(key_options) / sizeof(key_options[0]))

/* Mark the option that word names; false when there is none. */
static bool
mark_key_option(const char *word, bool wanted[KEY_OPTIONS])
{
    for (size_t i = 0; i < KEY_OPTIONS; i++) {
        if (strcasecmp(word, key_options[i]) == 0) {
            wanted[i] = true;
            return true;
        }
    }
    return strcasecmp(word, "none") == 0;
}

/* Words of security keys; "none" adds nothing, wherever it stands. */
static int
key_options_parse(struct value_context *ctx, const struct keyword *kw,
                  struct words *words, void *field, struct diag *reterr)
{
    struct texts_setting *set = field;
    struct text_item *list =
        arena_alloc(ctx->arena, KEY_OPTIONS * sizeof(*list));
    bool wanted[KEY_OPTIONS] = {false};

    (void)kw;
    if (list == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words_next(words);

        if (!mark_key_option(word, wanted)) {
            return value_soft(reterr, "unsupported %s option %.100s",
                              ctx->written, word);
        }
    }
    *set = (struct texts_setting){.from = ctx->from, .list = list};
    for (size_t i = 0; i < KEY_OPTIONS; i++) {
        if (wanted[i]) {
            list[set->count++] =
                (struct text_item){.from = ctx->from, .text = key_options[i]};
        }
    }
    return 0;
}

static void
key_options_format(const struct keyword *kw, const void *field, size_t i,
                   struct printout *out)
{
    type_phrase.format(kw, field, i, out);
}

const struct value_type type_key_options = {
    .syntax = "touch-required verify-required | none",
    .size = sizeof(struct texts_setting),
    .parse = key_options_parse,
    .format = key_options_format,
};
