#ifndef POLICY_ACCESS_H
#define POLICY_ACCESS_H

#include "policy/address.h"
#include "policy/policy.h"
#include "policy/settings.h"

/* Why a known account may not log in, before any proof is looked at. */
enum access {
    ACCESS_DENIED = 0,
    ACCESS_DENY_USERS,     /* listed in DenyUsers */
    ACCESS_NOT_LISTED,     /* not listed in AllowUsers */
    ACCESS_NO_GROUPS,      /* group rules, and the user is in no group */
    ACCESS_DENY_GROUPS,    /* a group is listed in DenyGroups */
    ACCESS_GROUPS_MISSING, /* none of the groups is listed in AllowGroups */
    ACCESS_OK,
};

/*
 * AllowUsers, DenyUsers, AllowGroups, DenyGroups, in sshd's fixed order
 * (auth.c allowed_user, points 3 to 5 of it).  *ret_from is the line that
 * decided, when one did.
 */
enum access access_check(const struct settings *s, const struct identity *who,
                         struct origin *ret_from);

/*
 * The rest of sshd's sentence "User U from H not allowed because ...", e.g.
 * "listed in DenyUsers".
 */
const char *access_words(enum access access);

#endif
