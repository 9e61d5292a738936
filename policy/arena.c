/*
 * A list of blocks, filled from the front.  Requests larger than a block get
 * one of their own, so that no space is kept for them in advance.
 */
#include "policy/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16 << 10)
#define ALIGNMENT _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t size, used;
    max_align_t bytes[];
};

/* used <= ARENA_BYTES_MAX; each block: used <= size, used is aligned. */
struct arena {
    struct block *first;
    size_t used;
};

struct arena *
arena_new(void)
{
    return calloc(1, sizeof(struct arena));
}

void
arena_free(struct arena *arena)
{
    struct block *next = NULL;

    if (arena == NULL) {
        return;
    }
    for (struct block *b = arena->first; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

static struct block *
block_with_room(struct arena *arena, size_t size)
{
    size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    struct block *b = arena->first;

    if (b != NULL && b->size - b->used >= size) {
        return b;
    }
    b = malloc(sizeof(*b) + room); /* zeroed as it is handed out */
    if (b == NULL) {
        return NULL;
    }
    *b = (struct block){.size = room};
    if (room > BLOCK_BYTES && arena->first != NULL) {
        /* Full from the start: keep filling the one that has room. */
        b->next = arena->first->next;
        arena->first->next = b;
    } else {
        b->next = arena->first;
        arena->first = b;
    }
    return b;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *b = NULL;
    void *p = NULL;

    if (size > ARENA_BYTES_MAX || rounded > ARENA_BYTES_MAX - arena->used) {
        return NULL;
    }
    if (rounded == 0) {
        rounded = ALIGNMENT; /* two empty objects have two addresses */
    }
    b = block_with_room(arena, rounded);
    if (b == NULL) {
        return NULL;
    }
    p = memset((char *)b->bytes + b->used, 0, rounded);
    b->used += rounded;
    arena->used += rounded;
    return p;
}

char *
arena_text(struct arena *arena, const char *text, size_t len)
{
    char *copy = NULL;

    if (len >= ARENA_BYTES_MAX) {
        return NULL;
    }
    copy = arena_alloc(arena, len + 1);
    if (copy != NULL && len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

size_t
arena_used(const struct arena *arena)
{
    return arena->used;
}
