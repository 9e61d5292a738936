/* Value types of one text: words, paths, the rest of a line. */
#include "policy/types.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "policy/address.h"

static int
word_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    struct text_setting *set = field;
    const char *word = value_word(ctx, words, reterr);

    set->from = ctx->from;
    (void)kw;
    if (word == NULL) {
        return -EINVAL;
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

/* "none" means nothing here: it is a word like any other. */
static int
word_as_is_parse(struct value_context *ctx, const struct keyword *kw,
                 struct words *words, void *field, struct diag *reterr)
{
    struct text_setting *set = field;

    (void)kw;
    set->from = ctx->from;
    set->value = words_next(words);
    if (set->value == NULL || *set->value == '\0') {
        return value_missing(ctx, reterr);
    }
    return 0;
}

const struct value_type type_word_as_is = {
    .syntax = "word",
    .size = sizeof(struct text_setting),
    .parse = word_as_is_parse,
    .format = word_format,
};

/* The account that a command runs as. */
static int
account_parse(struct value_context *ctx, const struct keyword *kw,
              struct words *words, void *field, struct diag *reterr)
{
    struct text_setting *set = field;
    const char *word = words_next(words);

    (void)kw;
    set->from = ctx->from;
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing %s argument.", ctx->written);
    }
    set->value = strcasecmp(word, "none") == 0 ? NULL : word;
    return 0;
}

const struct value_type type_account = {
    .syntax = "account | none",
    .size = sizeof(struct text_setting),
    .parse = account_parse,
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

    (void)kw;
    set->from = ctx->from;
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing argument.");
    }
    set->value = strcasecmp(word, "none") == 0 ? NULL : word;
    if (address_match_list(word, &nowhere, &match, &why) < 0) {
        return diag_fail(reterr, -EINVAL,
                         "keyword %s invalid address argument: %s",
                         ctx->written, why.text);
    }
    return 0;
}

const struct value_type type_address_list = {
    .syntax = "address[,address ...] | none",
    .size = sizeof(struct text_setting),
    .parse = address_list_parse,
    .format = word_format,
};

/* A path; none, and the word as_is that stands for no file, as they are. */
static int
read_path(struct value_context *ctx, const char *word, const char *as_is,
          struct text_setting *set, struct diag *reterr)
{
    set->from = ctx->from;
    if (strcasecmp(word, "none") == 0) {
        set->value = NULL;
        return 0;
    }
    if (strcasecmp(word, as_is) == 0) {
        set->value = word;
        return 0;
    }
    return value_path(ctx, word, true, &set->value, reterr);
}

static int
path_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    const char *word = words_next(words);

    (void)kw;
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing file name.");
    }
    return read_path(ctx, word, "", field, reterr);
}

const struct value_type type_path = {
    .syntax = "path | none",
    .size = sizeof(struct text_setting),
    .parse = path_parse,
    .format = word_format,
};

static int
provider_parse(struct value_context *ctx, const struct keyword *kw,
               struct words *words, void *field, struct diag *reterr)
{
    const char *word = value_word(ctx, words, reterr);

    (void)kw;
    if (word == NULL) {
        return -EINVAL;
    }
    return read_path(ctx, word, "internal", field, reterr);
}

const struct value_type type_provider = {
    .syntax = "path | internal",
    .size = sizeof(struct text_setting),
    .parse = provider_parse,
    .format = word_format,
};

static int
agent_parse(struct value_context *ctx, const struct keyword *kw,
            struct words *words, void *field, struct diag *reterr)
{
    const char *word = words_next(words);

    (void)kw;
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing socket name.");
    }
    return read_path(ctx, word, "SSH_AUTH_SOCK", field, reterr);
}

const struct value_type type_agent = {
    .syntax = "path | none",
    .size = sizeof(struct text_setting),
    .parse = agent_parse,
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

/* A tail that begins with the full path of a program. */
static int
command_parse(struct value_context *ctx, const struct keyword *kw,
              struct words *words, void *field, struct diag *reterr)
{
    if (words->tail[0] != '/' && strcasecmp(words->tail, "none") != 0) {
        return diag_fail(reterr, -EINVAL, "%s must be an absolute path",
                         ctx->written);
    }
    return tail_parse(ctx, kw, words, field, reterr);
}

const struct value_type type_command = {
    .syntax = "/path argument ... | none",
    .size = sizeof(struct text_setting),
    .parse = command_parse,
    .format = tail_format,
};
