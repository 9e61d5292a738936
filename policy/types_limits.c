/* Value types of ceilings: counts, rates, sizes, ports and their ranges. */
#include "policy/types.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "policy/number.h"

#define COUNT_MAX 0x7fffffff /* INT_MAX, as sshd's numbers */
#define RATE_MIN 1024        /* bytes a second: less is as good as none */
#define RATE_MAX ((uint64_t)1 << 40)

/* What is left of a value that is not "none", which is 0. */
typedef int amount_fn(const char *word, uint64_t *ret);

static int
read_number(const char *word, uint64_t *ret)
{
    int r = number_read(word, COUNT_MAX, ret);

    return r == 0 && *ret == 0 ? -ERANGE : r;
}

static int
read_rate(const char *word, uint64_t *ret)
{
    int r = value_bytes(word, ret);

    return r == 0 && (*ret < RATE_MIN || *ret > RATE_MAX) ? -ERANGE : r;
}

static int
parse_amount(struct value_context *ctx, struct words *words, amount_fn *read,
             const char *wanted, struct number_setting *set,
             struct diag *reterr)
{
    const char *word = words_next(words);

    set->from = ctx->from;
    if (word != NULL && strcasecmp(word, "none") == 0) {
        set->value = 0;
        return 0;
    }
    if (word == NULL || read(word, &set->value) < 0) {
        return diag_fail(reterr, -EINVAL, "%s is neither %s nor none.",
                         ctx->written, wanted);
    }
    return 0;
}

static int
number_or_none_parse(struct value_context *ctx, const struct keyword *kw,
                     struct words *words, void *field, struct diag *reterr)
{
    (void)kw;
    return parse_amount(ctx, words, read_number,
                        "a number from 1 to 2147483647", field, reterr);
}

static int
rate_parse(struct value_context *ctx, const struct keyword *kw,
           struct words *words, void *field, struct diag *reterr)
{
    (void)kw;
    return parse_amount(ctx, words, read_rate,
                        "a rate from 1K to 1T bytes a second", field, reterr);
}

static void
limit_format(const struct keyword *kw, const void *field, size_t i,
             struct printout *out)
{
    const struct number_setting *set = field;

    (void)kw;
    (void)i;
    if (set->value == 0) {
        printout_add(out, "none");
    } else {
        printout_add(out, "%" PRIu64, set->value);
    }
}

/* A number that the server has to be built for. */
static int
ceiling_parse(struct value_context *ctx, const struct keyword *kw,
              struct words *words, void *field, struct diag *reterr)
{
    struct number_setting *set = field;
    int r = type_number.parse(ctx, kw, words, field, reterr);

    if (r == 0 && set->value > kw->most) {
        return diag_fail(reterr, -EINVAL, "%s is at most %" PRIu64 ".",
                         ctx->written, kw->most);
    }
    return r;
}

static void
ceiling_format(const struct keyword *kw, const void *field, size_t i,
               struct printout *out)
{
    type_number.format(kw, field, i, out);
}

const struct value_type type_ceiling = {
    .syntax = "number",
    .size = sizeof(struct number_setting),
    .parse = ceiling_parse,
    .format = ceiling_format,
};

const struct value_type type_number_or_none = {
    .syntax = "number | none",
    .size = sizeof(struct number_setting),
    .parse = number_or_none_parse,
    .format = limit_format,
};

const struct value_type type_rate = {
    .syntax = "bytes[K|M|G] | none",
    .size = sizeof(struct number_setting),
    .parse = rate_parse,
    .format = limit_format,
};

/* "16M", and how many bytes that is. */
static int
read_window(const struct value_context *ctx, const char *word, uint64_t *ret,
            struct diag *reterr)
{
    if (value_bytes(word, ret) < 0 || *ret < POLICY_WINDOW_MIN ||
        *ret > POLICY_WINDOW_MAX) {
        return diag_fail(reterr, -EINVAL,
                         "%s \"%.100s\" is not a size from 128K to 1G bytes.",
                         ctx->written, word);
    }
    return 0;
}

static int
window_parse(struct value_context *ctx, const struct keyword *kw,
             struct words *words, void *field, struct diag *reterr)
{
    struct window_setting *set = field;
    const char *each = value_word(ctx, words, reterr);
    const char *total = each == NULL ? NULL : words_next(words);
    int r;

    (void)kw;
    set->from = ctx->from;
    if (each == NULL) {
        return -EINVAL;
    }
    r = read_window(ctx, each, &set->each, reterr);
    if (r < 0) {
        return r;
    }
    if (total == NULL) {
        set->total = set->each < POLICY_WINDOW_MAX / 4 ? 4 * set->each
                                                       : POLICY_WINDOW_MAX;
        return 0;
    }
    r = read_window(ctx, total, &set->total, reterr);
    if (r == 0 && set->each > set->total) {
        return diag_fail(reterr, -EINVAL,
                         "%s %.100s of one forward is more than %.100s of "
                         "all.",
                         ctx->written, each, total);
    }
    return r;
}

static void
window_format(const struct keyword *kw, const void *field, size_t i,
              struct printout *out)
{
    const struct window_setting *set = field;

    (void)kw;
    (void)i;
    printout_add(out, "%" PRIu64 " %" PRIu64, set->each, set->total);
}

const struct value_type type_window = {
    .syntax = "size [total]",
    .size = sizeof(struct window_setting),
    .parse = window_parse,
    .format = window_format,
};

static int
port_ranges_parse(struct value_context *ctx, const struct keyword *kw,
                  struct words *words, void *field, struct diag *reterr)
{
    struct ranges_setting *set = field;
    struct port_range *list =
        arena_alloc(ctx->arena, words->count * sizeof(*list));

    (void)kw;
    if (list == NULL) {
        return -ENOMEM;
    }
    set->from = ctx->from;
    if (words->count == 1 && strcasecmp(words->list[0], "no") == 0) {
        words_next(words);
        return 0;
    }
    if (words->count == 0) {
        return diag_fail(reterr, -EINVAL, "%s missing argument.", ctx->written);
    }
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words_next(words);

        if (!port_range_parse(word, &list[i])) {
            return diag_fail(reterr, -EINVAL,
                             "%s \"%.100s\" is neither a port, a range of "
                             "ports nor no.",
                             ctx->written, word);
        }
    }
    set->list = list;
    set->count = words->count;
    return 0;
}

static void
port_ranges_format(const struct keyword *kw, const void *field, size_t i,
                   struct printout *out)
{
    const struct ranges_setting *set = field;

    (void)kw;
    (void)i;
    for (size_t r = 0; r < set->count; r++) {
        const struct port_range *range = &set->list[r];

        printout_add(out, "%s%u", r > 0 ? " " : "", (unsigned)range->first);
        if (range->last != range->first) {
            printout_add(out, "-%u", (unsigned)range->last);
        }
    }
    if (set->count == 0) {
        printout_add(out, "no");
    }
}

const struct value_type type_port_ranges = {
    .syntax = "port | first-last ... | no",
    .size = sizeof(struct ranges_setting),
    .parse = port_ranges_parse,
    .format = port_ranges_format,
};
