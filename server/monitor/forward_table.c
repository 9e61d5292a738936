/*
 * Forwards by both of their names, without a scan, and in the order in which
 * they began.  The buckets grow with the forwards; a table that cannot grow is
 * slower and as right.
 */
#include "server/monitor/forward_table.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64 /* and always a power of two */

static struct forward **
by_id(const struct forward_table *t, uint32_t id)
{
    return &t->by_id[id & (t->buckets - 1)];
}

static struct forward **
by_number(const struct forward_table *t, uint32_t number)
{
    return &t->by_number[number & (t->buckets - 1)];
}

static void
enter(struct forward_table *t, struct forward *f)
{
    struct forward **id = by_id(t, f->id);
    struct forward **number = by_number(t, f->number);

    f->next_by_id = *id;
    *id = f;
    f->next_by_number = *number;
    *number = f;
}

/* Both arrays are one allocation. False: all is as it was. */
static bool
resize(struct forward_table *t, size_t buckets)
{
    struct forward **room = calloc(2 * buckets, sizeof(struct forward *));

    if (room == NULL) {
        return false;
    }
    free(t->by_id);
    t->by_id = room;
    t->by_number = room + buckets;
    t->buckets = buckets;
    for (struct forward *f = t->first; f != NULL; f = f->next) {
        enter(t, f);
    }
    return true;
}

static bool
make_room(struct forward_table *t)
{
    if (t->count >= LIMIT_FORWARDS) {
        return false;
    }
    if (t->buckets == 0) {
        return resize(t, BUCKETS_MIN);
    }
    if (t->count == t->buckets) {
        resize(t, 2 * t->buckets);
    }
    return true;
}

struct forward *
forward_table_add(struct forward_table *t, uint32_t id, uint32_t number,
                  const char *host)
{
    struct forward *f = make_room(t) ? calloc(1, sizeof(*f)) : NULL;

    if (f == NULL) {
        return NULL;
    }
    f->host = strdup(host);
    if (f->host == NULL) {
        free(f);
        return NULL;
    }
    f->id = id;
    f->number = number;
    enter(t, f);
    f->previous = t->last;
    *(t->last == NULL ? &t->first : &t->last->next) = f;
    t->last = f;
    t->count++;
    return f;
}

struct forward *
forward_table_by_id(const struct forward_table *t, uint32_t id)
{
    struct forward *f = t->buckets == 0 ? NULL : *by_id(t, id);

    while (f != NULL && f->id != id) {
        f = f->next_by_id;
    }
    return f;
}

struct forward *
forward_table_by_number(const struct forward_table *t, uint32_t number)
{
    struct forward *f = t->buckets == 0 ? NULL : *by_number(t, number);

    while (f != NULL && f->number != number) {
        f = f->next_by_number;
    }
    return f;
}

static void
leave(struct forward_table *t, const struct forward *f)
{
    struct forward **p = by_id(t, f->id);

    while (*p != f) {
        p = &(*p)->next_by_id;
    }
    *p = f->next_by_id;
    p = by_number(t, f->number);
    while (*p != f) {
        p = &(*p)->next_by_number;
    }
    *p = f->next_by_number;
    *(f->previous == NULL ? &t->first : &f->previous->next) = f->next;
    *(f->next == NULL ? &t->last : &f->next->previous) = f->previous;
    t->count--;
}

void
forward_table_remove(struct forward_table *t, struct forward *f)
{
    leave(t, f);
    free(f->candidates);
    free(f->host);
    free(f);
}

void
forward_table_done(struct forward_table *t)
{
    while (t->first != NULL) {
        forward_table_remove(t, t->first);
    }
    free(t->by_id);
    *t = (struct forward_table){0};
}

bool
forward_has_path(const struct forward *f)
{
    return f->kind == CHANNEL_DIRECT_PATH || f->kind == CHANNEL_FORWARDED_PATH;
}
