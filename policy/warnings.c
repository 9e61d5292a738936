/* Doubts about a configuration that parses. */
#include "policy/warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/keyword.h"
#include "policy/parser.h"

struct doubts {
    const struct policy *policy;
    policy_report_fn *report;
    void *arg;
};

__attribute__((format(printf, 3, 4))) static void
warn(const struct doubts *d, struct origin at, const char *fmt, ...)
{
    struct diag diag = {.severity = SEVERITY_WARNING, .line = at.line};
    va_list ap;

    snprintf(diag.file, sizeof(diag.file), "%s", at.file);
    va_start(ap, fmt);
    vsnprintf(diag.text, sizeof(diag.text), fmt, ap);
    va_end(ap);
    d->report(d->arg, &diag);
}

/* Every value begins with its origin. */
static struct origin
origin_of(const void *value)
{
    return *(const struct origin *)value;
}

static bool
is_written(const void *value)
{
    struct origin from = origin_of(value);

    return !policy_is_default(&from);
}

/* "!a,!b" takes away, and there is nothing to take it from. */
static bool
is_negated_only(const char *list)
{
    while (*list == '!') {
        list += strcspn(list, ",");
        if (*list == '\0') {
            return true;
        }
        list++;
    }
    return false;
}

static void
check_criterion(const struct doubts *d, const struct criterion *c,
                struct origin at)
{
    if (c->list != NULL && is_negated_only(c->list)) {
        warn(d, at,
             "this Match never holds: \"%.100s\" only says what does not "
             "match; begin with *",
             c->list);
    } else if (c->kind == CRITERION_RDOMAIN) {
        warn(d, at, "this Match never holds: there are no routing domains");
    } else if (c->kind == CRITERION_LOCAL_PORT && c->port == 0) {
        warn(d, at, "this Match never holds: no connection comes to port 0");
    }
}

static void
check_blocks(const struct doubts *d)
{
    for (const struct block *b = d->policy->blocks; b != NULL; b = b->next) {
        for (size_t i = 0; i < b->condition.count; i++) {
            check_criterion(d, &b->condition.list[i], b->from);
        }
    }
}

/* The value that a block itself has for a keyword's field, or NULL. */
static const void *
value_in(const struct doubts *d, const struct block *block, size_t field)
{
    for (const struct statement *s = d->policy->statements; s != NULL;
         s = s->next) {
        if (s->block == block && s->kw->field == field) {
            return s->value;
        }
    }
    return NULL;
}

static void
warn_late(const struct doubts *d, const struct keyword *kw, const void *value,
          const void *first)
{
    struct origin earlier = origin_of(first);

    if (value != first && kw->use != USE_NO_EFFECT) {
        warn(d, origin_of(value),
             "%s has no effect: %.200s line %u comes first", kw->name,
             earlier.file, earlier.line);
    }
}

/* Lists of one place grow by RULE_GATHER, nothing is late there. */
static void
check_late_lines(const struct doubts *d)
{
    const struct policy *policy = d->policy;

    for (const struct statement *s = policy->late; s != NULL; s = s->next) {
        warn_late(d, s->kw, s->value, keyword_value(s->kw, &policy->global));
    }
    for (const struct statement *s = policy->statements; s != NULL;
         s = s->next) {
        if (s->kw->rule == RULE_FIRST) {
            warn_late(d, s->kw, s->value, value_in(d, s->block, s->kw->field));
        }
    }
}

static void
check_effect(const struct doubts *d, const struct keyword *kw,
             const void *value)
{
    if (kw->use == USE_NO_EFFECT && is_written(value)) {
        warn(d, origin_of(value), "%s has no effect here", kw->name);
    }
}

static void
check_effects(const struct doubts *d)
{
    for (size_t g = 0; g < KEYWORD_GROUPS; g++) {
        for (size_t i = 0; i < keyword_groups[g]->count; i++) {
            const struct keyword *kw = &keyword_groups[g]->list[i];

            check_effect(d, kw, keyword_value(kw, &d->policy->global));
        }
    }
    for (const struct statement *s = d->policy->statements; s != NULL;
         s = s->next) {
        check_effect(d, s->kw, s->value);
    }
}

/* One thing that an entry lists, to find others that list it too. */
static struct grant_query
sample_of(const struct grant *g)
{
    return (struct grant_query){
        .name = g->name,
        .address = g->kind == GRANT_NETWORK ? &g->network.base : NULL,
        .port = g->ports.first,
    };
}

static void
check_repeats(const struct doubts *d, const char *keyword,
              const struct grants_setting *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *g = &set->list[i];
        const struct grant_query q = sample_of(g);
        const struct grant *earlier = grants_find(set, &q);

        if (earlier != NULL && earlier < g && grant_covers(earlier, g)) {
            warn(d, g->from,
                 "%s %.100s adds nothing: %.100s of line %u lists all of it",
                 keyword, g->text, earlier->text, earlier->from.line);
        }
    }
}

static void
check_denied(const struct doubts *d, const char *keyword,
             const struct grants_setting *grants,
             const struct grants_setting *denials)
{
    for (size_t i = 0; i < grants->count; i++) {
        const struct grant *g = &grants->list[i];
        const struct grant_query q = sample_of(g);
        const struct grant *denial = grants_find(denials, &q);

        if (denial != NULL && grant_covers(denial, g)) {
            warn(d, g->from,
                 "%s %.100s grants nothing: %.100s of line %u denies all of it",
                 keyword, g->text, denial->text, denial->from.line);
        }
    }
}

/* What a statement of a block says is held against what is global. */
static void
check_statement_grants(const struct doubts *d, const struct statement *s)
{
    const struct settings *global = &d->policy->global;
    const struct grants_setting *denials = NULL;

    switch (s->kw->field) {
    case offsetof(struct settings, grant_open):
        denials = value_in(d, s->block, offsetof(struct settings, deny_open));
        check_denied(d, s->kw->name, s->value, &global->deny_open);
        break;
    case offsetof(struct settings, grant_listen):
        denials = value_in(d, s->block, offsetof(struct settings, deny_listen));
        check_denied(d, s->kw->name, s->value, &global->deny_listen);
        break;
    default:
        return;
    }
    if (denials != NULL) {
        check_denied(d, s->kw->name, s->value, denials);
    }
    check_repeats(d, s->kw->name, s->value);
}

static void
check_grants(const struct doubts *d)
{
    const struct settings *s = &d->policy->global;

    check_repeats(d, "GrantOpen", &s->grant_open);
    check_repeats(d, "DenyOpen", &s->deny_open);
    check_repeats(d, "GrantListen", &s->grant_listen);
    check_repeats(d, "DenyListen", &s->deny_listen);
    check_denied(d, "GrantOpen", &s->grant_open, &s->deny_open);
    check_denied(d, "GrantListen", &s->grant_listen, &s->deny_listen);
    for (const struct statement *st = d->policy->statements; st != NULL;
         st = st->next) {
        check_statement_grants(d, st);
    }
}

/* The block's own value, or the global one. */
static const void *
value_or_global(const struct doubts *d, const struct block *block, size_t field)
{
    const void *own = block != NULL ? value_in(d, block, field) : NULL;

    return own != NULL ? own : (const char *)&d->policy->global + field;
}

#define VALUE(type, name)                                                      \
    const struct type *name =                                                  \
        value_or_global(d, block, offsetof(struct settings, name))

static void
check_gateway(const struct doubts *d, const struct block *block)
{
    VALUE(choice_setting, gateway_ports);
    VALUE(endpoints_setting, permit_listen);

    for (size_t i = 0;
         gateway_ports->value == GATEWAY_YES && i < permit_listen->count; i++) {
        const struct endpoint *e = &permit_listen->list[i];

        if (!e->never && strcmp(e->host, "*") != 0 && *e->host != '\0') {
            warn(d, e->from,
                 "PermitListen %.100s listens on every address: GatewayPorts "
                 "is yes at %.100s line %u",
                 e->host, gateway_ports->from.file, gateway_ports->from.line);
        }
    }
}

/* Lists of a direction that is off. */
static void
check_direction(const struct doubts *d, const struct block *block)
{
    VALUE(choice_setting, allow_tcp_forwarding);
    VALUE(grants_setting, grant_open);
    VALUE(grants_setting, grant_listen);

    if ((allow_tcp_forwarding->value & FORWARD_LOCAL) == 0 &&
        grant_open->count > 0) {
        warn(d, grant_open->from,
             "GrantOpen grants nothing: AllowTcpForwarding has no local");
    }
    if ((allow_tcp_forwarding->value & FORWARD_REMOTE) == 0 &&
        grant_listen->count > 0) {
        warn(d, grant_listen->from,
             "GrantListen grants nothing: AllowTcpForwarding has no remote");
    }
}

static void
check_any(const struct doubts *d, const struct block *block)
{
    VALUE(endpoints_setting, permit_open);
    VALUE(grants_setting, grant_open);

    if (permit_open->count == 0 && is_written(permit_open) &&
        grant_open->count > 0) {
        warn(d, permit_open->from,
             "PermitOpen any does not lift the GrantOpen of line %u: write "
             "GrantOpen *:*",
             grant_open->from.line);
    }
}

/* Is one of the values that a check compares the block's own? */
static bool
says_something(const struct doubts *d, const struct block *block, size_t one,
               size_t other)
{
    return value_in(d, block, one) != NULL || value_in(d, block, other) != NULL;
}

#define SAYS(one, other)                                                       \
    says_something(d, b, offsetof(struct settings, one),                       \
                   offsetof(struct settings, other))

static void
check_combinations(const struct doubts *d)
{
    check_gateway(d, NULL);
    check_direction(d, NULL);
    check_any(d, NULL);
    for (const struct block *b = d->policy->blocks; b != NULL; b = b->next) {
        if (SAYS(gateway_ports, permit_listen)) {
            check_gateway(d, b);
        }
        if (SAYS(allow_tcp_forwarding, grant_open) ||
            SAYS(allow_tcp_forwarding, grant_listen)) {
            check_direction(d, b);
        }
        if (SAYS(permit_open, grant_open)) {
            check_any(d, b);
        }
    }
}

/* permitopen= of a key does not hold for who leaves the key at home. */
static void
check_logins(const struct doubts *d)
{
    const struct settings *s = &d->policy->global;
    const struct choice_setting *by_password =
        s->password_authentication.value != 0
            ? &s->password_authentication
            : &s->kbd_interactive_authentication;

    if (by_password->value != 0 && s->pubkey_authentication.value != 0 &&
        s->permit_open.count == 0 && s->grant_open.count == 0 &&
        (s->allow_tcp_forwarding.value & FORWARD_LOCAL) != 0 &&
        is_written(by_password)) {
        warn(d, by_password->from,
             "permitopen= of a key binds nobody who has a password: there is "
             "neither PermitOpen nor GrantOpen");
    }
}

void
policy_warnings(const struct policy *policy, policy_report_fn *report,
                void *arg)
{
    const struct doubts d = {.policy = policy, .report = report, .arg = arg};

    check_blocks(&d);
    check_late_lines(&d);
    check_grants(&d);
    check_combinations(&d);
    check_logins(&d);
    check_effects(&d);
}
