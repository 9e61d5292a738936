/* Algorithm lists: stored expanded, so that nobody has to expand them. */
#include "policy/types.h"

#include <errno.h>

static int
algorithms_parse(struct value_context *ctx, const struct keyword *kw,
                 struct words *words, void *field, struct diag *reterr)
{
    struct texts_setting *set = field;
    const char *word = words_next(words);
    struct algorithm_choice chosen;
    struct text_item *list = NULL;
    int r;

    set->from = ctx->from;
    if (word == NULL || *word == '\0') {
        return kw->algorithms->globs
                   ? diag_fail(reterr, -EINVAL, "Missing argument.")
                   : value_missing(ctx, reterr);
    }
    r = algorithms_expand(kw->algorithms, word, kw->dflt, ctx->arena, &chosen,
                          reterr);
    if (r < 0) {
        return r;
    }
    list = arena_alloc(ctx->arena, chosen.count * sizeof(*list));
    if (list == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < chosen.count; i++) {
        list[i] =
            (struct text_item){.from = ctx->from, .text = chosen.names[i]};
    }
    set->list = list;
    set->count = chosen.count;
    if (chosen.dropped[0] != '\0') {
        diag_fail(&ctx->warning, 0, "%s: left out, not provided here: %s",
                  ctx->written, chosen.dropped);
    }
    return 0;
}

static void
algorithms_format(const struct keyword *kw, const void *field, size_t i,
                  struct printout *out)
{
    const struct texts_setting *set = field;

    (void)kw;
    (void)i;
    for (size_t w = 0; w < set->count; w++) {
        printout_add(out, "%s%s", w > 0 ? "," : "", set->list[w].text);
    }
}

const struct value_type type_algorithms = {
    .syntax = "[+-^]name,...",
    .size = sizeof(struct texts_setting),
    .parse = algorithms_parse,
    .format = algorithms_format,
};
