/* Value types of the lists that sshd does not have. */
#include "policy/types.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Read one word into an entry. */
typedef int entry_fn(struct value_context *ctx, const char *text,
                     struct grant *ret, struct diag *reterr);

static int
read_open(struct value_context *ctx, const char *text, struct grant *ret,
          struct diag *reterr)
{
    return grant_parse_open(ctx->arena, text, ctx->facts->service,
                            ctx->facts->service_arg, ret, reterr);
}

static int
read_listen(struct value_context *ctx, const char *text, struct grant *ret,
            struct diag *reterr)
{
    return grant_parse_listen(text, ctx->facts->service,
                              ctx->facts->service_arg, ret, reterr);
}

static int
read_source(struct value_context *ctx, const char *text, struct grant *ret,
            struct diag *reterr)
{
    (void)ctx;
    return grant_parse_source(text, ret, reterr);
}

/* The one word of the line, in any case?  It is then taken. */
static bool
take_only_word(struct words *words, const char *word)
{
    if (words->count != 1 || strcasecmp(words->list[0], word) != 0) {
        return false;
    }
    words_next(words);
    return true;
}

static int
parse_entries(struct value_context *ctx, struct words *words, entry_fn *read,
              struct grants_setting *set, struct diag *reterr)
{
    struct grant *list = arena_alloc(ctx->arena, words->count * sizeof(*list));

    if (list == NULL) {
        return -ENOMEM;
    }
    set->from = ctx->from;
    if (words->count == 0) {
        return diag_fail(reterr, -EINVAL, "%s missing argument.", ctx->written);
    }
    for (size_t i = 0; i < words->count; i++) {
        struct diag detail = {0};
        int r = read(ctx, words_next(words), &list[i], &detail);

        if (r < 0) {
            return diag_fail(reterr, r, "%s %s", ctx->written, detail.text);
        }
        list[i].from = ctx->from;
    }
    set->list = list;
    set->count = words->count;
    return 0;
}

/* "none" is an entry too, so that a list of nothing is a list. */
static int
parse_grants(struct value_context *ctx, struct words *words, entry_fn *read,
             struct grants_setting *set, struct diag *reterr)
{
    struct grant *none = NULL;

    if (!take_only_word(words, "none")) {
        return parse_entries(ctx, words, read, set, reterr);
    }
    none = arena_alloc(ctx->arena, sizeof(*none));
    if (none == NULL) {
        return -ENOMEM;
    }
    *none = (struct grant){.from = ctx->from, .text = "none"};
    *set = (struct grants_setting){.from = ctx->from, .list = none, .count = 1};
    return 0;
}

static int
grants_open_parse(struct value_context *ctx, const struct keyword *kw,
                  struct words *words, void *field, struct diag *reterr)
{
    (void)kw;
    return parse_grants(ctx, words, read_open, field, reterr);
}

static int
grants_listen_parse(struct value_context *ctx, const struct keyword *kw,
                    struct words *words, void *field, struct diag *reterr)
{
    (void)kw;
    return parse_grants(ctx, words, read_listen, field, reterr);
}

/* "any" is a list without entries: it does not restrict. */
static int
sources_parse(struct value_context *ctx, const struct keyword *kw,
              struct words *words, void *field, struct diag *reterr)
{
    struct grants_setting *set = field;

    (void)kw;
    if (take_only_word(words, "any")) {
        set->from = ctx->from;
        return 0;
    }
    return parse_grants(ctx, words, read_source, set, reterr);
}

static int
grants_merge(struct arena *arena, void *field, const void *later,
             struct diag *reterr)
{
    struct grants_setting *set = field;
    const struct grants_setting *more = later;
    struct grant *list =
        value_room(arena, set->list, set->count, more->count, sizeof(*list));

    (void)reterr;
    if (list == NULL) {
        return -ENOMEM;
    }
    if (more->count > 0) {
        memcpy(list + set->count, more->list, more->count * sizeof(*list));
    }
    if (set->count == 0) {
        set->from = more->from;
    }
    set->list = list;
    set->count += more->count;
    return 0;
}

static size_t
grants_lines(const void *field)
{
    const struct grants_setting *set = field;

    return set->count;
}

static void
grants_format(const struct keyword *kw, const void *field, size_t i,
              struct printout *out)
{
    const struct grants_setting *set = field;

    (void)kw;
    printout_word(out, set->list[i].text);
}

static void
sources_format(const struct keyword *kw, const void *field, size_t i,
               struct printout *out)
{
    const struct grants_setting *set = field;

    (void)i;
    for (size_t g = 0; g < set->count; g++) {
        printout_add(out, "%s", g > 0 ? " " : "");
        grants_format(kw, field, g, out);
    }
    if (set->count == 0) {
        printout_add(out, "any");
    }
}

const struct value_type type_grants_open = {
    .syntax = "host:port ... | none",
    .size = sizeof(struct grants_setting),
    .parse = grants_open_parse,
    .format = grants_format,
    .lines = grants_lines,
    .merge = grants_merge,
};

const struct value_type type_grants_listen = {
    .syntax = "[address:]port ... | none",
    .size = sizeof(struct grants_setting),
    .parse = grants_listen_parse,
    .format = grants_format,
    .lines = grants_lines,
    .merge = grants_merge,
};

const struct value_type type_sources = {
    .syntax = "address | network ... | any | none",
    .size = sizeof(struct grants_setting),
    .parse = sources_parse,
    .format = sources_format,
};
