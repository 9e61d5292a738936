/* Forwards by both of their names, without a scan. */
#include "server/monitor/forward_table.h"

#include <stdlib.h>
#include <string.h>

static size_t
bucket(uint32_t name)
{
    return name % FORWARD_BUCKETS;
}

struct forward *
forward_table_add(struct forward_table *t, uint32_t id, uint32_t number,
                  const char *host)
{
    struct forward *f = NULL;

    if (t->count >= FORWARDS_MAX) {
        return NULL;
    }
    f = calloc(1, sizeof(*f));
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
    f->next_by_id = t->by_id[bucket(id)];
    t->by_id[bucket(id)] = f;
    f->next_by_number = t->by_number[bucket(number)];
    t->by_number[bucket(number)] = f;
    t->count++;
    return f;
}

struct forward *
forward_table_by_id(const struct forward_table *t, uint32_t id)
{
    struct forward *f = t->by_id[bucket(id)];

    while (f != NULL && f->id != id) {
        f = f->next_by_id;
    }
    return f;
}

struct forward *
forward_table_by_number(const struct forward_table *t, uint32_t number)
{
    struct forward *f = t->by_number[bucket(number)];

    while (f != NULL && f->number != number) {
        f = f->next_by_number;
    }
    return f;
}

void
forward_table_remove(struct forward_table *t, struct forward *f)
{
    struct forward **p = &t->by_id[bucket(f->id)];

    while (*p != f) {
        p = &(*p)->next_by_id;
    }
    *p = f->next_by_id;
    p = &t->by_number[bucket(f->number)];
    while (*p != f) {
        p = &(*p)->next_by_number;
    }
    *p = f->next_by_number;
    t->count--;
    free(f->candidates);
    free(f->host);
    free(f);
}

bool
forward_has_path(const struct forward *f)
{
    return f->kind == CHANNEL_DIRECT_PATH || f->kind == CHANNEL_FORWARDED_PATH;
}

struct forward *
forward_table_next(const struct forward_table *t, const struct forward *after)
{
    size_t i = 0;

    if (after != NULL) {
        if (after->next_by_number != NULL) {
            return after->next_by_number;
        }
        i = bucket(after->number) + 1;
    }
    for (; i < FORWARD_BUCKETS; i++) {
        if (t->by_number[i] != NULL) {
            return t->by_number[i];
        }
    }
    return NULL;
}
