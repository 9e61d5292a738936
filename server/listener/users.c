/* One entry for each user who is there; nobody, no entry. */
#include "server/listener/users.h"

#include <assert.h>
#include <stdlib.h>

struct user_count {
    struct user_count *next; /* in its bucket */
    uint32_t uid;
    uint64_t count; /* > 0 */
};

/* Where the entry is, or where it would go. */
static struct user_count **
find(struct users *u, uint32_t uid)
{
    struct user_count **at = &u->buckets[uid % USER_BUCKETS];

    while (*at != NULL && (*at)->uid != uid) {
        at = &(*at)->next;
    }
    return at;
}

bool
users_admit(struct users *u, uint32_t uid, uint64_t limit)
{
    struct user_count **at = find(u, uid);

    if (limit != 0 && *at != NULL && (*at)->count >= limit) {
        return false;
    }
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at));
        if (*at == NULL) {
            return false;
        }
        (*at)->uid = uid;
    }
    (*at)->count++;
    return true;
}

void
users_leave(struct users *u, uint32_t uid)
{
    struct user_count **at = find(u, uid);
    struct user_count *gone = *at;

    assert(gone != NULL);
    if (--gone->count == 0) {
        *at = gone->next;
        free(gone);
    }
}

uint64_t
users_count(const struct users *u, uint32_t uid)
{
    const struct user_count *at = u->buckets[uid % USER_BUCKETS];

    while (at != NULL && at->uid != uid) {
        at = at->next;
    }
    return at == NULL ? 0 : at->count;
}
