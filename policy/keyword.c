/* What every row has in common: lookup, reading, laying on, defaults. */
#include "policy/keyword.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

const char origin_command_line[] = "command-line";
const char origin_default[] = "built-in default";

const struct keyword_group *const keyword_groups[KEYWORD_GROUPS] = {
    &keywords_daemon, &keywords_transport, &keywords_login, &keywords_forward,
    &keywords_grant,  &keywords_session,   &keywords_gone,
};

/* Most rows differ in their first letter: that is cheap to see. */
static bool
same_word(const char *a, const char *b)
{
    return ((a[0] ^ b[0]) & ~0x20) == 0 && strcasecmp(a, b) == 0;
}

static bool
has_name(const struct keyword *kw, const char *name)
{
    if (same_word(kw->name, name)) {
        return true;
    }
    for (size_t i = 0; i < KEYWORD_ALIASES && kw->alias[i] != NULL; i++) {
        if (same_word(kw->alias[i], name)) {
            return true;
        }
    }
    return kw->alias_global != NULL && same_word(kw->alias_global, name);
}

const struct keyword *
keyword_find(const char *name)
{
    for (size_t g = 0; g < KEYWORD_GROUPS; g++) {
        const struct keyword_group *group = keyword_groups[g];

        for (size_t i = 0; i < group->count; i++) {
            if (has_name(&group->list[i], name)) {
                return &group->list[i];
            }
        }
    }
    return NULL;
}

bool
keyword_is_for_match(const struct keyword *kw, const char *written)
{
    return kw->scope == SCOPE_MATCH &&
           (kw->alias_global == NULL || !same_word(kw->alias_global, written));
}

void *
keyword_field(const struct keyword *kw, struct settings *s)
{
    return (char *)s + kw->field;
}

const void *
keyword_value(const struct keyword *kw, const struct settings *s)
{
    return (const char *)s + kw->field;
}

bool
keyword_is_set(const void *field)
{
    const struct origin *from = field;

    return from->file != NULL;
}

size_t
keyword_lines(const struct keyword *kw, const void *field)
{
    return kw->type->lines != NULL ? kw->type->lines(field) : 1;
}

/* The largest field, so that one can stand on the stack. */
union any_field {
    struct choice_setting choice;
    struct number_setting number;
    struct text_setting text;
    struct texts_setting texts;
    struct endpoints_setting endpoints;
    struct grants_setting grants;
    struct ranges_setting ranges;
    struct listens_setting listens;
    struct ports_setting ports;
    struct rekey_setting rekey;
    struct qos_setting qos;
    struct window_setting window;
    struct startups_setting startups;
    struct net_block_setting net_block;
    struct penalties_setting penalties;
};

int
keyword_default(const struct keyword *kw, struct value_context *ctx,
                void *field, struct diag *reterr)
{
    struct words words = {0};
    struct origin *from = field;
    int r;

    ctx->written = kw->name;
    if (kw->dflt == NULL) {
        *from = ctx->from;
        return 0;
    }
    r = lexer_split(ctx->arena, kw->dflt, &words);
    while (r == 0 && words.next < words.count) {
        union any_field value;

        memset(&value, 0, sizeof(value));
        r = kw->type->parse(ctx, kw, &words, &value, reterr);
        if (r == 0) {
            r = keyword_apply(kw, ctx->arena, field, &value, reterr);
        }
    }
    return r;
}

static void
format_value(const struct keyword *kw, const void *field, struct printout *out)
{
    for (size_t i = 0; i < keyword_lines(kw, field); i++) {
        kw->type->format(kw, field, i, out);
        printout_add(out, "\n");
    }
}

/* Values are compared as -T would print them, so spelling does not count. */
static int
must_be_default(const struct keyword *kw, struct value_context *ctx,
                const void *field, struct diag *reterr)
{
    union any_field dflt;
    struct printout want = {0};
    struct printout have = {0};
    const char *name = kw->dflt != NULL ? kw->dflt : "none";
    int r;

    memset(&dflt, 0, sizeof(dflt));
    r = keyword_default(kw, ctx, &dflt, reterr);
    if (r == 0) {
        format_value(kw, &dflt, &want);
        format_value(kw, field, &have);
        printout_add(&want, "%s", "");
        printout_add(&have, "%s", "");
        if (want.failed || have.failed) {
            r = -ENOMEM;
        } else if (strcmp(want.text, have.text) != 0) {
            r = diag_fail(reterr, -EINVAL,
                          "%s: only the default \"%.100s\" is supported so "
                          "far",
                          kw->name, name);
        }
    }
    printout_done(&want);
    printout_done(&have);
    return r;
}

int
keyword_parse(const struct keyword *kw, struct value_context *ctx,
              struct words *words, void *field, struct diag *reterr)
{
    int r = kw->type->parse(ctx, kw, words, field, reterr);

    if (r < 0 || kw->use != USE_DEFAULT_ONLY) {
        return r;
    }
    return must_be_default(kw, ctx, field, reterr);
}

int
keyword_apply(const struct keyword *kw, struct arena *arena, void *field,
              const void *value, struct diag *reterr)
{
    switch (kw->rule) {
    case RULE_APPEND:
    case RULE_GATHER:
    case RULE_SLOTS:
        return kw->type->merge(arena, field, value, reterr);
    case RULE_FIRST:
        if (keyword_is_set(field)) {
            return 0;
        }
        break;
    case RULE_LAST:
        break;
    }
    memcpy(field, value, kw->type->size);
    return 0;
}

/* What is global comes first.  Its list is copied: others share it. */
static int
gather(const struct keyword *kw, struct arena *arena, void *field,
       const void *global, struct diag *reterr)
{
    union any_field all;
    int r;

    memset(&all, 0, sizeof(all));
    r = kw->type->merge(arena, &all, global, reterr);
    if (r == 0) {
        r = kw->type->merge(arena, &all, field, reterr);
    }
    if (r == 0) {
        memcpy(field, &all, kw->type->size);
    }
    return r;
}

int
keyword_inherit(const struct keyword *kw, struct arena *arena, void *field,
                const void *global, struct diag *reterr)
{
    if (kw->rule == RULE_SLOTS) {
        return kw->type->merge(arena, field, global, reterr);
    }
    if (!keyword_is_set(field)) {
        memcpy(field, global, kw->type->size);
        return 0;
    }
    return kw->rule == RULE_GATHER ? gather(kw, arena, field, global, reterr)
                                   : 0;
}
