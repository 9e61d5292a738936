/* Value types about ports and hosts. */
#include "policy/types.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORTS_MAX 256 /* as sshd */

static int
ports_parse(struct value_context *ctx, const struct keyword *kw,
            struct words *words, void *field, struct diag *reterr)
{
    struct ports_setting *set = field;
    uint16_t *port = arena_alloc(ctx->arena, sizeof(*port));
    const char *word = words_next(words);

    (void)kw;
    if (port == NULL) {
        return -ENOMEM;
    }
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing port number.");
    }
    *port = value_port(ctx, word);
    if (*port == 0) {
        return diag_fail(reterr, -EINVAL, "Badly formatted port number.");
    }
    *set = (struct ports_setting){.from = ctx->from, .list = port, .count = 1};
    return 0;
}

static int
ports_merge(struct arena *arena, void *field, const void *later,
            struct diag *reterr)
{
    struct ports_setting *set = field;
    const struct ports_setting *more = later;
    uint16_t *list = NULL;

    if (set->count >= PORTS_MAX) {
        return diag_fail(reterr, -EINVAL, "too many ports.");
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
ports_lines(const void *field)
{
    const struct ports_setting *set = field;

    return set->count;
}

static void
ports_format(const struct keyword *kw, const void *field, size_t i,
             struct printout *out)
{
    const struct ports_setting *set = field;

    (void)kw;
    printout_add(out, "%u", (unsigned)set->list[i]);
}

const struct value_type type_ports = {
    .syntax = "port",
    .size = sizeof(struct ports_setting),
    .parse = ports_parse,
    .format = ports_format,
    .lines = ports_lines,
    .merge = ports_merge,
};

/*
 * Split "host", "host:port", "[host]:port" or a bare IPv6 address.
 * *ret_port is NULL when there is no port.  False for anything else.
 */
static bool
split_address(const char *word, size_t *ret_start, size_t *ret_len,
              const char **ret_port)
{
    bool bracket = word[0] == '[';
    const char *colon = strchr(word, ':');
    const char *end = NULL;

    *ret_port = NULL;
    *ret_start = bracket ? 1 : 0;
    if (strchr(word, '[') == NULL && colon != NULL &&
        strchr(colon + 1, ':') != NULL) {
        *ret_len = strlen(word);
        return strchr(word, ']') == NULL;
    }
    end = bracket ? strchr(word, ']') : word + strcspn(word, ":/");
    if (end == NULL || end == word + *ret_start) {
        return false;
    }
    *ret_len = (size_t)(end - word) - *ret_start;
    end += bracket ? 1 : 0;
    if (*end == ':') {
        *ret_port = end + 1;
    }
    return *end == ':' || *end == '\0';
}

static int
listens_parse(struct value_context *ctx, const struct keyword *kw,
              struct words *words, void *field, struct diag *reterr)
{
    struct listens_setting *set = field;
    struct listen_item *item = arena_alloc(ctx->arena, sizeof(*item));
    const char *word = words_next(words);
    const char *port = NULL;
    size_t start, len;

    (void)kw;
    if (item == NULL) {
        return -ENOMEM;
    }
    if (word == NULL || *word == '\0') {
        return diag_fail(reterr, -EINVAL, "missing address");
    }
    if (!split_address(word, &start, &len, &port)) {
        return diag_fail(reterr, -EINVAL, "bad address:port usage");
    }
    item->from = ctx->from;
    item->host = arena_text(ctx->arena, word + start, len);
    if (item->host == NULL) {
        return -ENOMEM;
    }
    if (port != NULL) {
        item->port = value_port(ctx, port);
    }
    if (port != NULL && item->port == 0) {
        return diag_fail(reterr, -EINVAL, "bad port number");
    }
    word = words_next(words);
    if (word != NULL) {
        return diag_fail(reterr, -EINVAL,
                         strcmp(word, "rdomain") == 0 &&
                                 words->next < words->count
                             ? "bad routing domain: there are none here"
                             : "bad ListenAddress syntax");
    }
    *set =
        (struct listens_setting){.from = ctx->from, .list = item, .count = 1};
    return 0;
}

static int
listens_merge(struct arena *arena, void *field, const void *later,
              struct diag *reterr)
{
    struct listens_setting *set = field;
    const struct listens_setting *more = later;
    struct listen_item *list =
        value_room(arena, set->list, set->count, 1, sizeof(*list));

    (void)reterr;
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
listens_lines(const void *field)
{
    const struct listens_setting *set = field;

    return set->count;
}

/* -T prints addresses with their ports instead, see dump.c. */
static void
listens_format(const struct keyword *kw, const void *field, size_t i,
               struct printout *out)
{
    const struct listens_setting *set = field;

    (void)kw;
    printout_word(out, set->list[i].host);
}

const struct value_type type_listens = {
    .syntax = "host[:port] | [v6]:port",
    .size = sizeof(struct listens_setting),
    .parse = listens_parse,
    .format = listens_format,
    .lines = listens_lines,
    .merge = listens_merge,
};

typedef int endpoint_parse_fn(struct arena *arena, const char *text,
                              service_port_fn *service, void *arg,
                              struct endpoint *ret, struct diag *reterr);

static bool
is_any_or_none(const char *word)
{
    return strcmp(word, "any") == 0 || strcmp(word, "none") == 0;
}

static int
parse_endpoints(struct value_context *ctx, struct words *words,
                endpoint_parse_fn *parse, struct endpoint *list,
                struct diag *reterr)
{
    const struct facts *facts = ctx->facts;

    for (size_t i = 0; i < words->count; i++) {
        const char *word = words_next(words);
        struct diag detail = {0};
        int r = 0;

        if (is_any_or_none(word)) {
            return diag_fail(reterr, -EINVAL,
                             "%s must appear alone on a %s line.", word,
                             ctx->written);
        }
        r = parse(ctx->arena, word, facts->service, facts->service_arg,
                  &list[i], &detail);
        if (r < 0) {
            return diag_fail(reterr, r, "%s %s", ctx->written, detail.text);
        }
        list[i].from = ctx->from;
    }
    return 0;
}

/* "any", "none" (alone, and in lower case), or a list. */
static int
read_endpoints(struct value_context *ctx, struct words *words,
               endpoint_parse_fn *parse, struct endpoints_setting *set,
               struct diag *reterr)
{
    const char *only = words->count == 1 ? words->list[0] : "";
    struct endpoint *list =
        arena_alloc(ctx->arena, (words->count + 1) * sizeof(*list));

    if (list == NULL) {
        return -ENOMEM;
    }
    set->from = ctx->from;
    if (words->count == 0) {
        return value_missing(ctx, reterr);
    }
    if (!is_any_or_none(only)) {
        set->list = list;
        set->count = words->count;
        return parse_endpoints(ctx, words, parse, list, reterr);
    }
    words_next(words);
    if (strcmp(only, "none") == 0) {
        list[0] =
            (struct endpoint){.host = "none", .never = true, .from = ctx->from};
        set->list = list;
        set->count = 1;
    }
    return 0;
}

static int
endpoints_open_parse(struct value_context *ctx, const struct keyword *kw,
                     struct words *words, void *field, struct diag *reterr)
{
    (void)kw;
    return read_endpoints(ctx, words, endpoint_parse_open, field, reterr);
}

static int
endpoints_listen_parse(struct value_context *ctx, const struct keyword *kw,
                       struct words *words, void *field, struct diag *reterr)
{
    (void)kw;
    return read_endpoints(ctx, words, endpoint_parse_listen, field, reterr);
}

static void
format_endpoint(const struct endpoint *e, struct printout *out)
{
    int len = endpoint_format(e, NULL, 0);
    char *text = len >= 0 ? malloc((size_t)len + 1) : NULL;

    if (text == NULL) {
        out->failed = true;
        return;
    }
    endpoint_format(e, text, (size_t)len + 1);
    printout_word(out, text);
    free(text);
}

static void
endpoints_format(const struct keyword *kw, const void *field, size_t i,
                 struct printout *out)
{
    const struct endpoints_setting *set = field;

    (void)kw;
    (void)i;
    for (size_t e = 0; e < set->count; e++) {
        printout_add(out, "%s", e > 0 ? " " : "");
        format_endpoint(&set->list[e], out);
    }
    if (set->count == 0) {
        printout_add(out, "any");
    }
}

const struct value_type type_endpoints_open = {
    .syntax = "host:port ... | any | none",
    .size = sizeof(struct endpoints_setting),
    .parse = endpoints_open_parse,
    .format = endpoints_format,
};

const struct value_type type_endpoints_listen = {
    .syntax = "[host:]port ... | any | none",
    .size = sizeof(struct endpoints_setting),
    .parse = endpoints_listen_parse,
    .format = endpoints_format,
};
