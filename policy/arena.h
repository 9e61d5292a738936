#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stddef.h>

/*
 * Memory that dies all at once: a policy and everything it points to.
 * Allocation returns NULL when the system or the ceiling says no.
 */
struct arena;

#define ARENA_BYTES_MAX ((size_t)256 << 20) /* of one configuration */

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* A NUL-terminated copy of len bytes of text. */
char *arena_text(struct arena *arena, const char *text, size_t len);

/* Bytes handed out so far. */
size_t arena_used(const struct arena *arena);

#endif
