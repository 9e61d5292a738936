/* Who may try to log in: the user and group lists. */
#include "policy/access.h"

#include <string.h>

#include "policy/pattern.h"

/* What an entry of a user list says about someone. */
enum user_match {
    USER_NO_MATCH = 0,
    USER_MATCH,
    USER_BAD_ENTRY, /* a host list that is no host list */
};

/* "alice", or "alice@192.0.2.0/24,!192.0.2.7": the last '@' divides. */
static enum user_match
match_user(const char *entry, const struct identity *who)
{
    enum list_match hosts = LIST_NO_MATCH;
    const char *at = strrchr(entry, '@');
    struct diag words;

    if (who->user == NULL) {
        return USER_NO_MATCH;
    }
    if (at == NULL) {
        return pattern_matches(entry, who->user) ? USER_MATCH : USER_NO_MATCH;
    }
    if (!pattern_matches_sized(entry, (size_t)(at - entry), who->user)) {
        return USER_NO_MATCH;
    }
    if (pattern_match_host_list(at + 1, who->host, &who->address, &hosts,
                                &words) < 0) {
        return USER_BAD_ENTRY;
    }
    return hosts == LIST_MATCH ? USER_MATCH : USER_NO_MATCH;
}

/*
 * The first entry that matches, or NULL.  A bad entry counts as matching when
 * the list denies, and as not matching when it allows.
 */
static const struct text_item *
find_user(const struct texts_setting *list, const struct identity *who,
          bool bad_matches)
{
    for (size_t i = 0; i < list->count; i++) {
        enum user_match match = match_user(list->list[i].text, who);

        if (match == USER_MATCH || (match == USER_BAD_ENTRY && bad_matches)) {
            return &list->list[i];
        }
    }
    return NULL;
}

static const struct text_item *
find_group(const struct texts_setting *list, const struct identity *who)
{
    for (size_t i = 0; i < list->count; i++) {
        for (size_t j = 0; j < who->group_count; j++) {
            if (pattern_matches(list->list[i].text, who->groups[j])) {
                return &list->list[i];
            }
        }
    }
    return NULL;
}

static enum access
check_users(const struct settings *s, const struct identity *who,
            struct origin *ret_from)
{
    const struct text_item *hit = find_user(&s->deny_users, who, true);

    if (hit != NULL) {
        *ret_from = hit->from;
        return ACCESS_DENY_USERS;
    }
    if (s->allow_users.count == 0) {
        return ACCESS_OK;
    }
    hit = find_user(&s->allow_users, who, false);
    *ret_from = hit != NULL ? hit->from : s->allow_users.from;
    return hit != NULL ? ACCESS_OK : ACCESS_NOT_LISTED;
}

static enum access
check_groups(const struct settings *s, const struct identity *who,
             struct origin *ret_from)
{
    const struct text_item *hit = NULL;

    if (s->deny_groups.count == 0 && s->allow_groups.count == 0) {
        return ACCESS_OK;
    }
    if (who->group_count == 0) {
        *ret_from = s->deny_groups.count > 0 ? s->deny_groups.from
                                             : s->allow_groups.from;
        return ACCESS_NO_GROUPS;
    }
    hit = find_group(&s->deny_groups, who);
    if (hit != NULL) {
        *ret_from = hit->from;
        return ACCESS_DENY_GROUPS;
    }
    if (s->allow_groups.count == 0) {
        return ACCESS_OK;
    }
    hit = find_group(&s->allow_groups, who);
    *ret_from = hit != NULL ? hit->from : s->allow_groups.from;
    return hit != NULL ? ACCESS_OK : ACCESS_GROUPS_MISSING;
}

enum access
access_check(const struct settings *s, const struct identity *who,
             struct origin *ret_from)
{
    enum access access = check_users(s, who, ret_from);

    return access == ACCESS_OK ? check_groups(s, who, ret_from) : access;
}

const char *
access_words(enum access access)
{
    switch (access) {
    case ACCESS_DENIED:
        break;
    case ACCESS_DENY_USERS:
        return "listed in DenyUsers";
    case ACCESS_NOT_LISTED:
        return "not listed in AllowUsers";
    case ACCESS_NO_GROUPS:
        return "not in any group";
    case ACCESS_DENY_GROUPS:
        return "a group is listed in DenyGroups";
    case ACCESS_GROUPS_MISSING:
        return "none of user's groups are listed in AllowGroups";
    case ACCESS_OK:
        return "allowed";
    }
    return "access is denied";
}
