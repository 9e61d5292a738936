#ifndef TESTS_UNIT_SERVER_LISTENER_LISTENER_FIXTURE_H
#define TESTS_UNIT_SERVER_LISTENER_LISTENER_FIXTURE_H

/* Settings from a text, addresses from words, and what was said. */

#include <stdio.h>
#include <string.h>

#include "policy/policy.h"
#include "server/listener/say.h"

static char said[4096];

static inline void
note(void *arg, enum log_level level, const char *text)
{
    size_t used = strlen(said);

    (void)arg;
    snprintf(said + used, sizeof(said) - used, "%d %s\n", (int)level, text);
}

static const struct say to_said = {note, NULL};

static inline void
no_complaint(void *arg, const struct diag *diag)
{
    (void)arg;
    fail_msg("%s", diag->text);
}

/* policy_free() it. */
static inline struct policy *
policy_of(const char *text)
{
    static const struct facts facts;
    const struct sources sources = {.main = {"f", text, strlen(text)}};
    struct policy *policy = NULL;

    assert_int_equal(
        policy_parse(&sources, &facts, no_complaint, NULL, &policy), 0);
    return policy;
}

static inline struct address
address_of(const char *text)
{
    struct address a = {0};

    assert_int_equal(address_parse(text, &a), 0);
    return a;
}

#endif
