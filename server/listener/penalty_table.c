#include "server/listener/penalty_table.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 64

static int
compare(const void *a, const void *b)
{
    const struct penalty *p = a;
    const struct penalty *q = b;
    int order =
        memcmp(p->source.bytes, q->source.bytes, sizeof(p->source.bytes));

    if (order != 0) {
        return order;
    }
    return (p->source.scope > q->source.scope) -
           (p->source.scope < q->source.scope);
}

/* ---- the heap ---- */

static void
put(struct penalty_table *t, struct penalty *p, size_t place)
{
    t->heap[place] = p;
    p->place = place;
}

static void
rise(struct penalty_table *t, struct penalty *p)
{
    while (p->place > 0) {
        size_t hole = p->place;
        struct penalty *parent = t->heap[(hole - 1) / 2];

        if (parent->expiry_us <= p->expiry_us) {
            return;
        }
        put(t, p, (hole - 1) / 2);
        put(t, parent, hole);
    }
}

static void
sink(struct penalty_table *t, struct penalty *p)
{
    for (;;) {
        size_t hole = p->place;
        size_t child = 2 * hole + 1;

        if (child + 1 < t->count &&
            t->heap[child + 1]->expiry_us < t->heap[child]->expiry_us) {
            child++;
        }
        if (child >= t->count || p->expiry_us <= t->heap[child]->expiry_us) {
            return;
        }
        put(t, t->heap[child], hole);
        put(t, p, child);
    }
}

static bool
make_room(struct penalty_table *t)
{
    size_t room = t->room == 0 ? ROOM_MIN : 2 * t->room;
    struct penalty **heap = NULL;

    if (t->count < t->room) {
        return true;
    }
    heap = reallocarray(t->heap, room, sizeof(*heap));
    if (heap == NULL) {
        return false;
    }
    t->heap = heap;
    t->room = room;
    return true;
}

/* ---- both ---- */

struct penalty *
penalty_table_find(const struct penalty_table *t, const struct address *source)
{
    const struct penalty key = {.source = *source};
    void *node = tfind(&key, &t->root, compare);

    return node == NULL ? NULL : *(struct penalty **)node;
}

struct penalty *
penalty_table_add(struct penalty_table *t, const struct address *source,
                  uint64_t expiry_us)
{
    struct penalty *p = calloc(1, sizeof(*p));

    if (p == NULL || !make_room(t)) {
        free(p);
        return NULL;
    }
    p->source = *source;
    p->expiry_us = expiry_us;
    if (tsearch(p, &t->root, compare) == NULL) {
        free(p);
        return NULL;
    }
    put(t, p, t->count++);
    rise(t, p);
    return p;
}

void
penalty_table_move(struct penalty_table *t, struct penalty *p,
                   uint64_t expiry_us)
{
    p->expiry_us = expiry_us;
    rise(t, p);
    sink(t, p);
}

struct penalty *
penalty_table_first(const struct penalty_table *t)
{
    return t->count == 0 ? NULL : t->heap[0];
}

void
penalty_table_drop_first(struct penalty_table *t)
{
    struct penalty *first = t->heap[0];
    struct penalty *last = t->heap[--t->count];

    tdelete(first, &t->root, compare);
    free(first);
    if (last != first) {
        put(t, last, 0);
        sink(t, last);
    }
}

void
penalty_table_clear(struct penalty_table *t)
{
    while (t->count > 0) {
        penalty_table_drop_first(t);
    }
    free(t->heap);
    *t = (struct penalty_table){0};
}
