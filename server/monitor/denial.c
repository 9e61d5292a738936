#include "server/monitor/denial.h"

#include <stdio.h>

#include "server/monitor/words.h"

#define RULE_MAX 300

void
denial_reason(char out[DENIAL_MAX], const struct settings *s,
              const struct decision *why)
{
    const char *reason = reason_name(why->reason);
    char rule[RULE_MAX];

    out[0] = '\0';
    switch ((enum explain_denials)s->explain_denials.value) {
    case EXPLAIN_NONE:
        return;
    case EXPLAIN_BRIEF:
        snprintf(out, DENIAL_MAX, "%s", reason);
        return;
    case EXPLAIN_FULL:
        words_rule(&why->from, rule, sizeof(rule));
        snprintf(out, DENIAL_MAX, "%s by %s", reason, rule);
        return;
    }
}

void
denial_open(char out[DENIAL_MAX], const struct settings *s,
            const struct decision *why)
{
    char rule[RULE_MAX];

    switch ((enum explain_denials)s->explain_denials.value) {
    case EXPLAIN_FULL:
        words_rule(&why->from, rule, sizeof(rule));
        snprintf(out, DENIAL_MAX, "%s: %s by %s", words_refusal(why->reason),
                 reason_name(why->reason), rule);
        return;
    case EXPLAIN_BRIEF:
        snprintf(out, DENIAL_MAX, "%s", words_refusal(why->reason));
        return;
    case EXPLAIN_NONE:
        break;
    }
    snprintf(out, DENIAL_MAX, "open failed");
}

void
denial_goodbye(char out[DENIAL_MAX], const struct settings *s,
               const char *words, const struct origin *from)
{
    char rule[RULE_MAX];

    switch ((enum explain_denials)s->explain_denials.value) {
    case EXPLAIN_FULL:
        words_rule(from, rule, sizeof(rule));
        snprintf(out, DENIAL_MAX, "%s by %s", words, rule);
        return;
    case EXPLAIN_BRIEF:
        snprintf(out, DENIAL_MAX, "%s", words);
        return;
    case EXPLAIN_NONE:
        break;
    }
    snprintf(out, DENIAL_MAX, "the server ends the connection");
}
