#ifndef TESTS_UNIT_POLICY_FIXTURE_H
#define TESTS_UNIT_POLICY_FIXTURE_H

/* A configuration given as text, and what the policy library says to it. */

#include <stdio.h>
#include <string.h>

#include "policy/policy.h"
#include "policy/printout.h"

struct config {
    int r;
    struct policy *policy; /* NULL unless r is 0 */
    char said[4096];       /* complaints, one a line */
    struct diag last;
};

static inline uint16_t
fixture_service(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "postgresql") == 0 ? 5432 : 0;
}

static const struct facts fixture_facts = {
    .service = fixture_service,
    .version = "OpenSSH_10.5",
    .home = "/root",
    .directory = "/cfg",
};

static inline void
fixture_report(void *arg, const struct diag *diag)
{
    struct config *c = arg;
    size_t used = strlen(c->said);

    used += (size_t)policy_diag_format(diag, c->said + used,
                                       sizeof(c->said) - used - 1);
    if (used > sizeof(c->said) - 2) {
        used = sizeof(c->said) - 2;
    }
    memcpy(c->said + used, "\n", 2);
    c->last = *diag;
}

static inline struct config
config_parse(const struct sources *sources)
{
    struct config c = {0};

    c.r = policy_parse(sources, &fixture_facts, fixture_report, &c, &c.policy);
    return c;
}

static inline struct config
config_text(const char *text)
{
    struct sources sources = {.main = {"f", text, strlen(text)}};

    return config_parse(&sources);
}

static inline struct config
config_override(const char *text, const char *override)
{
    const char *const overrides[] = {override};
    struct sources sources = {.main = {"f", text, strlen(text)},
                              .overrides = overrides,
                              .override_count = 1};

    return config_parse(&sources);
}

static inline const struct settings *
config_for(struct config *c, const char *user)
{
    static const char *const groups[] = {"staff", "ops"};
    struct identity who = {.user = user,
                           .groups = groups,
                           .group_count = 2,
                           .host = "10.1.2.3",
                           .local_port = 22};
    const struct settings *s = NULL;

    assert_int_equal(c->r, 0);
    assert_int_equal(address_parse("10.1.2.3", &who.address), 0);
    assert_int_equal(address_parse("10.0.0.1", &who.local_address), 0);
    assert_int_equal(policy_resolve(c->policy, &who, fixture_report, c, &s), 0);
    return s;
}

static inline int
fixture_print(void *arg, const char *line)
{
    printout_add(arg, "%s\n", line);
    return 0;
}

/* -T of the settings; printout_done() it. */
static inline struct printout
config_dump(const struct settings *s)
{
    struct printout out = {0};

    assert_int_equal(policy_dump(s, fixture_print, &out), 0);
    assert_false(out.failed);
    return out;
}

#endif
