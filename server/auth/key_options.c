/*
 * The options of an authorized_keys line.  One row an option; flags change
 * the result directly, the others take a quoted value.
 */
#include "server/auth/key_options.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "server/auth/key_permits.h"
#include "server/auth/key_time.h"

struct parser {
    const char *p, *end;
    const struct key_options_context *context;
    struct key_options result;
    struct key_permits open, listen;
    unsigned environments;
};

/* value is dequoted and terminated, and may be changed. */
typedef int value_fn(struct parser *parser, char *value, struct diag *reterr);

/* on is false for the "no-" form. */
typedef void flag_fn(struct parser *parser, bool on);

static void
set_restrict(struct parser *parser, bool on)
{
    (void)on;
    parser->result.limits.port_forwarding = false;
}

static void
set_port_forwarding(struct parser *parser, bool on)
{
    parser->result.limits.port_forwarding = on;
}

static void
set_cert_authority(struct parser *parser, bool on)
{
    parser->result.cert_authority = on;
}

/* For what this server cannot do anyway. */
static void
set_nothing(struct parser *parser, bool on)
{
    (void)parser;
    (void)on;
}

static int
refuse_second(bool seen, const char *name, struct diag *reterr)
{
    return seen ? diag_fail(reterr, -EINVAL, "multiple \"%s\" clauses", name)
                : 0;
}

static int
read_command(struct parser *parser, char *value, struct diag *reterr)
{
    int r = refuse_second(parser->result.has_command, "command", reterr);

    (void)value;
    parser->result.has_command = true;
    return r;
}

static int
read_principals(struct parser *parser, char *value, struct diag *reterr)
{
    int r = refuse_second(parser->result.has_principals, "principals", reterr);

    (void)value;
    parser->result.has_principals = true;
    return r;
}

static int
read_from(struct parser *parser, char *value, struct diag *reterr)
{
    int r = refuse_second(parser->result.from != NULL, "from", reterr);

    parser->result.from = value;
    return r;
}

/* The earliest of several counts. */
static int
read_expiry(struct parser *parser, char *value, struct diag *reterr)
{
    struct key_options *result = &parser->result;
    time_t expiry = 0;

    if (key_time_parse(value, &expiry) < 0) {
        return diag_fail(reterr, -EINVAL, "invalid expires time");
    }
    if (!result->expires || expiry < result->expiry) {
        result->expires = true;
        result->expiry = expiry;
    }
    return 0;
}

static bool
is_name_letter(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

static int
check_environment(struct parser *parser, char *value, struct diag *reterr)
{
    const char *p = value;

    while (is_name_letter(*p)) {
        p++;
    }
    if (p == value || *p != '=') {
        return diag_fail(reterr, -EINVAL, "invalid environment string");
    }
    if (++parser->environments > KEY_ENVIRONMENT_MAX) {
        return diag_fail(reterr, -EINVAL, "too many environment strings");
    }
    return 0;
}

static int
check_tunnel(struct parser *parser, char *value, struct diag *reterr)
{
    uint64_t device = 0;
    const char *p = value;

    (void)parser;
    if (strcasecmp(value, "any") == 0) {
        return 0;
    }
    while (*p >= '0' && *p <= '9' && device <= INT32_MAX) {
        device = device * 10 + (uint64_t)(*p++ - '0');
    }
    if (p == value || *p != '\0' || device > INT32_MAX - 2) {
        return diag_fail(reterr, -EINVAL, "invalid tun device");
    }
    return 0;
}

static int
read_permit_open(struct parser *parser, char *value, struct diag *reterr)
{
    return key_permits_add(&parser->open, endpoint_parse_open, value,
                           parser->context, reterr);
}

static int
read_permit_listen(struct parser *parser, char *value, struct diag *reterr)
{
    return key_permits_add(&parser->listen, endpoint_parse_listen, value,
                           parser->context, reterr);
}

/* Exactly one of flag and value is set. */
static const struct option {
    const char *name;
    flag_fn *flag;
    value_fn *value;
    bool negatable; /* "no-NAME" is an option too */
} options[] = {
    {"restrict", set_restrict, NULL, false},
    {"cert-authority", set_cert_authority, NULL, false},
    {"port-forwarding", set_port_forwarding, NULL, true},
    {"agent-forwarding", set_nothing, NULL, true},
    {"x11-forwarding", set_nothing, NULL, true},
    {"touch-required", set_nothing, NULL, true},
    {"verify-required", set_nothing, NULL, true},
    {"pty", set_nothing, NULL, true},
    {"user-rc", set_nothing, NULL, true},
    {"command", NULL, read_command, false},
    {"principals", NULL, read_principals, false},
    {"from", NULL, read_from, false},
    {"expiry-time", NULL, read_expiry, false},
    {"environment", NULL, check_environment, false},
    {"permitopen", NULL, read_permit_open, false},
    {"permitlisten", NULL, read_permit_listen, false},
    {"tunnel", NULL, check_tunnel, false},
};

static bool
name_is(const char *name, size_t size, const char *wanted)
{
    return strlen(wanted) == size && strncasecmp(name, wanted, size) == 0;
}

static const struct option *
find_option(const char *name, size_t size, bool has_value)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if ((options[i].value != NULL) == has_value &&
            name_is(name, size, options[i].name)) {
            return &options[i];
        }
    }
    return NULL;
}

/* The quote that ends the value that starts at p, or end. */
static const char *
find_end_quote(const char *p, const char *end)
{
    while (p < end && *p != '"') {
        p += *p == '\\' && end - p > 1 && p[1] == '"' ? 2 : 1;
    }
    return p;
}

static void
drop_escapes(char *value)
{
    char *out = value;

    for (const char *p = value; *p != '\0'; p++) {
        if (p[0] == '\\' && p[1] == '"') {
            p++;
        }
        *out++ = *p;
    }
    *out = '\0';
}

/* "..." with \" for a quote, copied without either. */
static int
take_value(struct parser *parser, char **ret, struct diag *reterr)
{
    const char *start = parser->p + 1;
    const char *quote = NULL;

    if (parser->p == parser->end || *parser->p != '"') {
        return diag_fail(reterr, -EINVAL, "missing start quote");
    }
    quote = find_end_quote(start, parser->end);
    if (quote == parser->end) {
        return diag_fail(reterr, -EINVAL, "missing end quote");
    }
    *ret = arena_text(parser->context->arena, start, (size_t)(quote - start));
    if (*ret == NULL) {
        return diag_fail(reterr, -ENOMEM, "out of memory");
    }
    drop_escapes(*ret);
    parser->p = quote + 1;
    return 0;
}

static int
read_flag(struct parser *parser, const char *name, size_t size,
          struct diag *reterr)
{
    bool negated = size > 3 && strncasecmp(name, "no-", 3) == 0;
    const struct option *option = negated
                                      ? find_option(name + 3, size - 3, false)
                                      : find_option(name, size, false);

    if (option == NULL || (negated && !option->negatable)) {
        return diag_fail(reterr, -EINVAL, "unknown key option");
    }
    option->flag(parser, !negated);
    return 0;
}

/* One option, up to its comma or the end. */
static int
read_option(struct parser *parser, struct diag *reterr)
{
    const char *name = parser->p;
    const struct option *option = NULL;
    char *value = NULL;
    size_t size = 0;
    int r = 0;

    while (parser->p < parser->end && *parser->p != ',' && *parser->p != '=') {
        parser->p++;
    }
    size = (size_t)(parser->p - name);
    if (parser->p == parser->end || *parser->p == ',') {
        return size == 0 ? 0 : read_flag(parser, name, size, reterr);
    }
    option = find_option(name, size, true);
    if (option == NULL) {
        return diag_fail(reterr, -EINVAL, "unknown key option");
    }
    parser->p++;
    r = take_value(parser, &value, reterr);
    return r < 0 ? r : option->value(parser, value, reterr);
}

/* A comma may also stand before the first option and after the last. */
static int
read_list(struct parser *parser, struct diag *reterr)
{
    while (parser->p < parser->end) {
        int r = read_option(parser, reterr);

        if (r < 0) {
            return r;
        }
        if (parser->p < parser->end && *parser->p++ != ',') {
            return diag_fail(reterr, -EINVAL, "unknown key option");
        }
    }
    return 0;
}

int
key_options_parse(struct key_text text,
                  const struct key_options_context *context,
                  struct key_options *ret, struct diag *reterr)
{
    struct parser parser = {
        .context = context,
        .result.limits = {.port_forwarding = true, .from = context->from},
    };
    struct key_limits *limits = &parser.result.limits;
    int r = 0;

    if (text.text != NULL) {
        parser.p = text.text;
        parser.end = text.text + text.size;
        r = read_list(&parser, reterr);
    }
    if (r < 0) {
        return r;
    }
    if (parser.result.has_principals && !parser.result.cert_authority) {
        return diag_fail(reterr, -EINVAL, "principals on non-CA key");
    }
    limits->permit_open = (struct endpoints_setting){
        .from = context->from,
        .list = parser.open.list,
        .count = parser.open.count,
    };
    limits->permit_listen = (struct endpoints_setting){
        .from = context->from,
        .list = parser.listen.list,
        .count = parser.listen.count,
    };
    *ret = parser.result;
    return 0;
}
