#ifndef TESTS_UNIT_POLICY_DECISION_CHECK_H
#define TESTS_UNIT_POLICY_DECISION_CHECK_H

#include "policy/decision.h"

static inline bool
allows(enum reason reason)
{
    return reason == REASON_PERMITTED || reason == REASON_UNRESTRICTED;
}

static inline enum verdict
verdict_of(enum reason reason)
{
    if (reason == REASON_AWAITS_ADDRESS) {
        return VERDICT_ASK_ADDRESS;
    }
    return allows(reason) ? VERDICT_ALLOW : VERDICT_DENY;
}

/* The reason, the verdict that belongs to it, and the line. */
static inline void
assert_decision(struct decision d, enum reason reason, unsigned line)
{
    assert_string_equal(reason_name(d.reason), reason_name(reason));
    assert_int_equal(d.verdict, verdict_of(reason));
    assert_int_equal(d.from.line, line);
}

#endif
