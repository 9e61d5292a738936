#ifndef SERVER_LISTENER_USERS_H
#define SERVER_LISTENER_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USER_BUCKETS 256

struct user_count;

/* How many connections each user has; zeroed is empty. */
struct users {
    struct user_count *buckets[USER_BUCKETS];
};

/*
 * Count one more connection of uid, unless there are limit of them (0: no
 * limit).  False: it is not counted; also when memory is out.
 */
bool users_admit(struct users *u, uint32_t uid, uint64_t limit);

/* One that was admitted has ended. */
void users_leave(struct users *u, uint32_t uid);

uint64_t users_count(const struct users *u, uint32_t uid);

#endif
