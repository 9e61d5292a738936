/* Limits of what has not logged in: MaxStartups and its kin. */
#include "policy/types.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "policy/number.h"

#define COUNT_MAX 0x7fffffff /* INT_MAX, as in sshd */
#define FIELDS_MAX 3
#define RATE_DEFAULT 30 /* of no effect, but printed, as in sshd */

/*
 * "10:30:100": count numbers between colons, each at most max.  Returns how
 * many there are, or 0 when the word is anything else.
 */
static size_t
read_fields(const char *word, uint64_t max, uint64_t ret[FIELDS_MAX])
{
    size_t count = 0;

    for (const char *p = word;; p++) {
        const char *digits = p;

        if (count == FIELDS_MAX) {
            return 0;
        }
        ret[count] = number_digits(&p, max);
        if (p == digits || ret[count++] > max || (*p != ':' && *p != '\0')) {
            return 0;
        }
        if (*p == '\0') {
            return count;
        }
    }
}

static int
bad_spec(const struct value_context *ctx, const char *word, struct diag *reterr)
{
    if (word == NULL || *word == '\0') {
        return value_missing(ctx, reterr);
    }
    return diag_fail(reterr, -EINVAL, "Invalid %s spec.", ctx->written);
}

static int
startups_parse(struct value_context *ctx, const struct keyword *kw,
               struct words *words, void *field, struct diag *reterr)
{
    struct startups_setting *set = field;
    const char *word = words_next(words);
    uint64_t n[FIELDS_MAX] = {0};
    size_t count = word == NULL ? 0 : read_fields(word, COUNT_MAX, n);

    (void)kw;
    if (count == 1) {
        n[1] = RATE_DEFAULT;
        n[2] = n[0];
    }
    if ((count != 1 && count != 3) || n[0] == 0 || n[0] > n[2] || n[1] == 0 ||
        n[1] > 100) {
        return bad_spec(ctx, word, reterr);
    }
    *set = (struct startups_setting){ctx->from, n[0], n[2], n[1]};
    return 0;
}

static void
startups_format(const struct keyword *kw, const void *field, size_t i,
                struct printout *out)
{
    const struct startups_setting *set = field;

    (void)kw;
    (void)i;
    printout_add(out, "%" PRIu64 ":%" PRIu64 ":%" PRIu64, set->start, set->rate,
                 set->full);
}

const struct value_type type_startups = {
    .syntax = "number | start:rate:full",
    .size = sizeof(struct startups_setting),
    .parse = startups_parse,
    .format = startups_format,
};

static int
startups_or_none_parse(struct value_context *ctx, const struct keyword *kw,
                       struct words *words, void *field, struct diag *reterr)
{
    struct number_setting *set = field;
    const char *word = words_next(words);

    (void)kw;
    set->from = ctx->from;
    if (word == NULL || *word == '\0') {
        return bad_spec(ctx, word, reterr);
    }
    if (strcmp(word, "none") == 0) {
        set->value = STARTUPS_UNLIMITED;
        return 0;
    }
    return value_integer(ctx, word, &set->value, reterr);
}

static void
startups_or_none_format(const struct keyword *kw, const void *field, size_t i,
                        struct printout *out)
{
    const struct number_setting *set = field;

    (void)kw;
    (void)i;
    if (set->value == STARTUPS_UNLIMITED) {
        printout_add(out, "none");
        return;
    }
    printout_add(out, "%" PRIu64, set->value);
}

const struct value_type type_startups_or_none = {
    .syntax = "number | none",
    .size = sizeof(struct number_setting),
    .parse = startups_or_none_parse,
    .format = startups_or_none_format,
};

#define V4_BITS 32
#define V6_BITS 128

static int
net_block_parse(struct value_context *ctx, const struct keyword *kw,
                struct words *words, void *field, struct diag *reterr)
{
    struct net_block_setting *set = field;
    const char *word = words_next(words);
    uint64_t n[FIELDS_MAX] = {0, V6_BITS};
    size_t count = word == NULL ? 0 : read_fields(word, V6_BITS, n);

    (void)kw;
    if (count == 0 || count > 2 || n[0] > V4_BITS) {
        return bad_spec(ctx, word, reterr);
    }
    *set = (struct net_block_setting){
        .from = ctx->from,
        .v4_bits = (unsigned)n[0],
        .v6_bits = (unsigned)n[1],
    };
    return 0;
}

static void
net_block_format(const struct keyword *kw, const void *field, size_t i,
                 struct printout *out)
{
    const struct net_block_setting *set = field;

    (void)kw;
    (void)i;
    printout_add(out, "%u:%u", set->v4_bits, set->v6_bits);
}

const struct value_type type_net_block = {
    .syntax = "v4-bits[:v6-bits]",
    .size = sizeof(struct net_block_setting),
    .parse = net_block_parse,
    .format = net_block_format,
};
