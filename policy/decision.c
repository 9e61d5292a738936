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
    [REASON_PERMITTED] = "permitted",
    [REASON_UNRESTRICTED] = "unrestricted",
};

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
