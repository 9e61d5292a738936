#ifndef SERVER_MONITOR_SHADOW_H
#define SERVER_MONITOR_SHADOW_H

#include <stdbool.h>

#include "server/monitor/user.h"

/* What the shadow file says about a login without PAM. */
enum shadow_state {
    SHADOW_OK = 0,
    SHADOW_LOCKED,
    SHADOW_EXPIRED,          /* the account */
    SHADOW_PASSWORD_EXPIRED, /* keys still work, as for sshd */
};

/* SHADOW_OK when the shadow file cannot be read (we are not root). */
enum shadow_state shadow_state(const struct user *user);

/*
 * Is this the password of the account?  user may be NULL (nobody's): then
 * the same work is done and the answer is no.
 */
bool shadow_password_is(const struct user *user, const char *password);

#endif
