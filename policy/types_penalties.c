/* PerSourcePenalties: a word for each part, the first of a kind counts. */
#include "policy/types.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "policy/penalty_parts.h"

enum part_kind {
    KIND_TIME = 0,
    KIND_NUMBER,
    KIND_OVERFLOW,
};

/* In the order of enum penalty_part, which -T prints. */
static const struct part {
    const char *name;
    enum part_kind kind;
} parts[PENALTY_PARTS] = {
    [PENALTY_CRASH] = {"crash:", KIND_TIME},
    [PENALTY_AUTHFAIL] = {"authfail:", KIND_TIME},
    [PENALTY_NOAUTH] = {"noauth:", KIND_TIME},
    [PENALTY_INVALID_USER] = {"invaliduser:", KIND_TIME},
    [PENALTY_GRACE_EXCEEDED] = {"grace-exceeded:", KIND_TIME},
    [PENALTY_REFUSED] = {"refuseconnection:", KIND_TIME},
    [PENALTY_MAX] = {"max:", KIND_TIME},
    [PENALTY_MIN] = {"min:", KIND_TIME},
    [PENALTY_SOURCES4] = {"max-sources4:", KIND_NUMBER},
    [PENALTY_SOURCES6] = {"max-sources6:", KIND_NUMBER},
    [PENALTY_OVERFLOW] = {"overflow:", KIND_OVERFLOW},
    [PENALTY_OVERFLOW6] = {"overflow6:", KIND_OVERFLOW},
};

static const char *const overflow_words[] = {
    [PENALTY_OVERFLOW_PERMISSIVE] = "permissive",
    [PENALTY_OVERFLOW_DENY_ALL] = "deny-all",
};

static int
unsupported(const struct value_context *ctx, const char *word,
            struct diag *reterr)
{
    return diag_fail(reterr, -EINVAL, "unsupported %s keyword %.100s",
                     ctx->written, word);
}

/* The value behind the part's name, in word. */
static int
read_value(const struct value_context *ctx, const struct part *part,
           const char *word, uint64_t *ret, struct diag *reterr)
{
    const char *text = word + strlen(part->name);

    switch (part->kind) {
    case KIND_TIME:
        return value_microseconds(text, ret) == 0
                   ? 0
                   : diag_fail(reterr, -EINVAL, "invalid %s time value.",
                               ctx->written);
    case KIND_NUMBER:
        return value_integer(ctx, text, ret, reterr);
    case KIND_OVERFLOW:
        break;
    }
    for (size_t i = 0; i < 2; i++) {
        if (strcmp(text, overflow_words[i]) == 0) {
            *ret = i;
            return 0;
        }
    }
    return unsupported(ctx, word, reterr);
}

static int
read_part(const struct value_context *ctx, const char *word,
          struct penalties_setting *set, struct diag *reterr)
{
    for (size_t i = PENALTY_CRASH; i < PENALTY_PARTS; i++) {
        bool is_late = (set->written >> i & 1) != 0;
        uint64_t value = 0;
        int r;

        if (strncmp(word, parts[i].name, strlen(parts[i].name)) != 0) {
            continue;
        }
        r = read_value(ctx, &parts[i], word, &value, reterr);
        if (r == 0 && !is_late) {
            set->parts[i] = value;
            set->written |= (uint32_t)1 << i;
        }
        return r;
    }
    return unsupported(ctx, word, reterr);
}

/* "yes" and "no" end a line; as in sshd, they may stand behind parts. */
static int
read_switch(const struct value_context *ctx, const char *word,
            const struct words *words, struct penalties_setting *set,
            struct diag *reterr)
{
    if (words->next < words->count) {
        return diag_fail(reterr, -EINVAL,
                         "keyword %s \"%s\" argument must appear alone.",
                         ctx->written, word);
    }
    set->has_switch = true;
    set->is_on = strcasecmp(word, "yes") == 0;
    return 0;
}

static int
penalties_parse(struct value_context *ctx, const struct keyword *kw,
                struct words *words, void *field, struct diag *reterr)
{
    struct penalties_setting *set = field;
    const char *word = words_next(words);

    (void)kw;
    set->from = ctx->from;
    if (word == NULL) {
        return diag_fail(reterr, -EINVAL, "no %s specified", ctx->written);
    }
    for (; word != NULL; word = words_next(words)) {
        bool is_switch =
            strcasecmp(word, "yes") == 0 || strcasecmp(word, "no") == 0;
        int r = is_switch ? read_switch(ctx, word, words, set, reterr)
                          : read_part(ctx, word, set, reterr);

        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static void
format_part(const struct penalties_setting *set, enum penalty_part part,
            struct printout *out)
{
    uint64_t value = penalty_part(set, part);

    printout_add(out, "%s%s", part == PENALTY_CRASH ? "" : " ",
                 parts[part].name);
    switch (parts[part].kind) {
    case KIND_TIME:
        printout_add(out, "%" PRIu64 ".%06" PRIu64, value / 1000000,
                     value % 1000000);
        return;
    case KIND_NUMBER:
        printout_add(out, "%" PRIu64, value);
        return;
    case KIND_OVERFLOW:
        printout_add(out, "%s", overflow_words[value]);
        return;
    }
}

static void
penalties_format(const struct keyword *kw, const void *field, size_t i,
                 struct printout *out)
{
    const struct penalties_setting *set = field;

    (void)kw;
    (void)i;
    if (!penalties_are_on(set)) {
        printout_add(out, "no");
        return;
    }
    for (size_t part = PENALTY_CRASH; part < PENALTY_PARTS; part++) {
        format_part(set, (enum penalty_part)part, out);
    }
}

static int
penalties_merge(struct arena *arena, void *field, const void *later,
                struct diag *reterr)
{
    struct penalties_setting *set = field;
    const struct penalties_setting *more = later;

    (void)arena;
    (void)reterr;
    if (!keyword_is_set(set)) {
        *set = *more;
        return 0;
    }
    for (size_t i = PENALTY_CRASH; i < PENALTY_PARTS; i++) {
        if ((set->written >> i & 1) == 0) {
            set->parts[i] = more->parts[i];
        }
    }
    set->written |= more->written;
    if (!set->has_switch) {
        set->has_switch = more->has_switch;
        set->is_on = more->is_on;
    }
    return 0;
}

const struct value_type type_penalties = {
    .syntax = "yes | no | part:value ...",
    .size = sizeof(struct penalties_setting),
    .parse = penalties_parse,
    .format = penalties_format,
    .merge = penalties_merge,
};
