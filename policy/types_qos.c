/* IPQoS: names of differentiated services (RFC 2474), or the byte itself. */
#include "policy/types.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "policy/number.h"

/* The first name of a value is the printed one. */
static const struct choice services[] = {
    {"none", QOS_NONE},
    {"af11", 0x28},
    {"af12", 0x30},
    {"af13", 0x38},
    {"af21", 0x48},
    {"af22", 0x50},
    {"af23", 0x58},
    {"af31", 0x68},
    {"af32", 0x70},
    {"af33", 0x78},
    {"af41", 0x88},
    {"af42", 0x90},
    {"af43", 0x98},
    {"cs0", 0x00},
    {"cs1", 0x20},
    {"cs2", 0x40},
    {"cs3", 0x60},
    {"cs4", 0x80},
    {"cs5", 0xa0},
    {"cs6", 0xc0},
    {"cs7", 0xe0},
    {"ef", 0xb8},
    {"le", 0x04},
    {"va", 0xb0},
    {"lowdelay", QOS_NONE}, /* as sshd since 10.1 */
    {"throughput", QOS_NONE},
    {"reliability", QOS_NONE},
};

#define SERVICES (sizeof(services) / sizeof(services[0]))

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);

    return at == NULL ? -1 : (int)(at - digits);
}

/* "0x12", as sshd prints a number that has no name. */
static bool
read_hex(const char *word, uint64_t *ret)
{
    uint64_t value = 0;
    size_t i = 2;

    if (strncasecmp(word, "0x", 2) != 0) {
        return false;
    }
    for (; value <= UINT8_MAX && hex_digit(word[i]) >= 0; i++) {
        value = value * 16 + (uint64_t)hex_digit(word[i]);
    }
    *ret = value;
    return i > 2 && word[i] == '\0' && value <= UINT8_MAX;
}

static bool
read_service(const char *word, int *ret)
{
    uint64_t number = 0;

    for (size_t i = 0; i < SERVICES; i++) {
        if (strcasecmp(word, services[i].name) == 0) {
            *ret = services[i].value;
            return true;
        }
    }
    if (number_read(word, UINT8_MAX, &number) < 0 && !read_hex(word, &number)) {
        return false;
    }
    *ret = (int)number;
    return true;
}

static int
qos_parse(struct value_context *ctx, const struct keyword *kw,
          struct words *words, void *field, struct diag *reterr)
{
    struct qos_setting *set = field;
    const char *word = value_word(ctx, words, reterr);

    (void)kw;
    set->from = ctx->from;
    if (word == NULL) {
        return -EINVAL;
    }
    if (!read_service(word, &set->interactive)) {
        return diag_fail(reterr, -EINVAL, "Bad %s value: %.100s", ctx->written,
                         word);
    }
    set->bulk = set->interactive;
    word = words_next(words);
    if (word != NULL && !read_service(word, &set->bulk)) {
        return diag_fail(reterr, -EINVAL, "Bad %s value: %.100s", ctx->written,
                         word);
    }
    return 0;
}

static void
print_service(int value, struct printout *out)
{
    for (size_t i = 0; i < SERVICES; i++) {
        if (services[i].value == value) {
            printout_add(out, "%s", services[i].name);
            return;
        }
    }
    printout_add(out, "0x%02x", (unsigned)value);
}

static void
qos_format(const struct keyword *kw, const void *field, size_t i,
           struct printout *out)
{
    const struct qos_setting *set = field;

    (void)kw;
    (void)i;
    print_service(set->interactive, out);
    printout_add(out, " ");
    print_service(set->bulk, out);
}

const struct value_type type_qos = {
    .syntax = "class [class]",
    .size = sizeof(struct qos_setting),
    .parse = qos_parse,
    .format = qos_format,
};
