/* The words of a decision. */
#include "policy/decision.h"

static const char *const names[REASON_COUNT] = {
    [REASON_UNKNOWN_REQUEST] = "unknown-request",
    [REASON_FORWARDING_DISABLED] = "forwarding-disabled",
    [REASON_DIRECTION_OFF] = "direction-off",
    [REASON_PATH_DIRECTION_OFF] = "path-direction-off",
    [REASON_KEY_FORWARDING_OFF] = "key-forwarding-off",
    [REASON_KEY_NOT_PERMITTED] = "key-not-permitted",
    [REASON_NOT_PERMITTED] = "not-permitted",
    [REASON_BAD_PORT] = "bad-port",
    [REASON_BAD_NAME] = "bad-name",
    [REASON_BAD_PATH] = "bad-path",
    [REASON_ADDRESS_FAMILY] = "address-family",
    [REASON_PRIVILEGED_PORT] = "privileged-port",
    [REASON_NO_REPLY_WANTED] = "no-reply-wanted",
    [REASON_DENIED] = "denied",
    [REASON_SOURCE_NOT_LISTED] = "source-not-listed",
    [REASON_TOO_MANY_FORWARDS] = "too-many-forwards",
    [REASON_TOO_MANY_LISTENERS] = "too-many-listeners",
    [REASON_TOO_MANY_CONNECTIONS] = "too-many-connections",
    [REASON_AWAITS_ADDRESS] = "awaits-address",
    [REASON_PERMITTED] = "permitted",
    [REASON_UNRESTRICTED] = "unrestricted",
};

struct decision
decision_deny(enum reason reason, struct origin from)
{
    return (struct decision){VERDICT_DENY, reason, from};
}

struct decision
decision_allow(enum reason reason, struct origin from)
{
    return (struct decision){VERDICT_ALLOW, reason, from};
}

const char *
reason_name(enum reason reason)
{
    return (unsigned)reason < REASON_COUNT ? names[reason] : "unknown";
}

bool
reason_is_switch(enum reason reason)
{
    return reason == REASON_FORWARDING_DISABLED ||
           reason == REASON_DIRECTION_OFF ||
           reason == REASON_PATH_DIRECTION_OFF ||
           reason == REASON_KEY_FORWARDING_OFF;
}
