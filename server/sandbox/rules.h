#ifndef SERVER_SANDBOX_RULES_H
#define SERVER_SANDBOX_RULES_H

#include <stddef.h>
#include <stdint.h>

#define RULE_COMPARES_MAX 2

/* "Argument `argument`, masked with `mask`, equals `value`." */
struct rule_compare {
    unsigned argument;
    uint64_t mask;
    uint64_t value;
};

/* One system call that a role may make, on what condition, and why. */
struct sandbox_rule {
    const char *call; /* as libseccomp names it; absent ones are skipped */
    const char *why;
    struct rule_compare only[RULE_COMPARES_MAX];
    size_t only_count;
};

extern const struct sandbox_rule sandbox_session_rules[];
extern const size_t sandbox_session_rule_count;

#endif
