/* -T: the settings as text that parses to the same settings. */
#include "policy/policy.h"

#include <errno.h>
#include <string.h>

#include "policy/keyword.h"

struct dump {
    const struct settings *settings;
    struct printout value, line;
    policy_print_fn *print;
    void *arg;
};

/* A value that begins with '=' would lose it behind a blank. */
static int
print_line(struct dump *d, const struct keyword *kw)
{
    bool equals = d->value.size > 0 && d->value.text[0] == '=';

    printout_clear(&d->line);
    printout_add(&d->line, "%s%s%s", kw->name, equals ? "=" : " ",
                 d->value.size > 0 ? d->value.text : "");
    if (d->value.failed || d->line.failed) {
        return -ENOMEM;
    }
    return d->print(d->arg, d->line.text);
}

/* "host:port", or "[host]:port" where a bare host would not be read back. */
static int
print_address(struct dump *d, const struct keyword *kw, const char *host,
              uint16_t port)
{
    bool brackets = strpbrk(host, ":/") != NULL || *host == '[';
    struct printout text = {0};
    int r;

    printout_clear(&d->value);
    printout_add(&text, brackets ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    if (text.failed) {
        r = -ENOMEM;
    } else {
        printout_word(&d->value, text.text);
        r = print_line(d, kw);
    }
    printout_done(&text);
    return r;
}

static int
print_address_everywhere(struct dump *d, const struct keyword *kw,
                         uint16_t port)
{
    int family = d->settings->address_family.value;
    int r = 0;

    if (family != FAMILY_INET) {
        r = print_address(d, kw, "::", port);
    }
    if (r == 0 && family != FAMILY_INET6) {
        r = print_address(d, kw, "0.0.0.0", port);
    }
    return r;
}

static int
print_listen(struct dump *d, const struct keyword *kw,
             const struct listen_item *item)
{
    const struct ports_setting *ports = &d->settings->port;
    size_t count = item->port != 0 ? 1 : ports->count;
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        uint16_t port = item->port != 0 ? item->port : ports->list[i];

        r = item->host == NULL ? print_address_everywhere(d, kw, port)
                               : print_address(d, kw, item->host, port);
    }
    return r;
}

/* Addresses are printed with each port they are opened with. */
static int
print_listens(struct dump *d, const struct keyword *kw)
{
    const struct listens_setting *set = &d->settings->listen_address;
    int r = 0;

    for (size_t i = 0; r == 0 && i < set->count; i++) {
        r = print_listen(d, kw, &set->list[i]);
    }
    return r;
}

static int
print_keyword(struct dump *d, const struct keyword *kw)
{
    const void *field = keyword_value(kw, d->settings);
    int r = 0;

    if (kw->type == &type_listens) {
        return print_listens(d, kw);
    }
    for (size_t i = 0; r == 0 && i < keyword_lines(kw, field); i++) {
        printout_clear(&d->value);
        kw->type->format(kw, field, i, &d->value);
        r = print_line(d, kw);
    }
    return r;
}

static int
print_all(struct dump *d)
{
    int r = 0;

    for (size_t g = 0; g < KEYWORD_GROUPS; g++) {
        const struct keyword_group *group = keyword_groups[g];

        for (size_t i = 0; r == 0 && i < group->count; i++) {
            if (group->list[i].type != NULL) {
                r = print_keyword(d, &group->list[i]);
            }
        }
    }
    return r;
}

int
policy_dump(const struct settings *s, policy_print_fn *print, void *arg)
{
    struct dump d = {.settings = s, .print = print, .arg = arg};
    int r = print_all(&d);

    printout_done(&d.value);
    printout_done(&d.line);
    return r;
}
