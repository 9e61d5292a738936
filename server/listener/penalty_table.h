#ifndef SERVER_LISTENER_PENALTY_TABLE_H
#define SERVER_LISTENER_PENALTY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"
#include "policy/settings.h"

/* What is held against one source. */
struct penalty {
    struct address source;
    uint64_t expiry_us; /* change with penalty_table_move() only */
    bool is_active;     /* it has once exceeded min, and keeps clients out */
    enum penalty_part why;
    size_t place; /* in the heap */
};

/*
 * Sources by address and by expiry: a balanced tree (tsearch(3)) and a heap,
 * so that no choice of addresses makes a step slower than O(log count).
 * Zeroed memory is the empty table.
 *
 * - Each penalty is in both; heap[p->place] is p.
 * - None expires before its parent in the heap, (place - 1) / 2.
 */
struct penalty_table {
    void *root;
    struct penalty **heap;
    size_t count, room;
};

/* NULL: nothing is held against it. */
struct penalty *penalty_table_find(const struct penalty_table *t,
                                   const struct address *source);

/* A source that is not in the table.  NULL: out of memory. */
struct penalty *penalty_table_add(struct penalty_table *t,
                                  const struct address *source,
                                  uint64_t expiry_us);

void penalty_table_move(struct penalty_table *t, struct penalty *p,
                        uint64_t expiry_us);

/* The one that expires first, or NULL; and forget it. */
struct penalty *penalty_table_first(const struct penalty_table *t);
void penalty_table_drop_first(struct penalty_table *t);

void penalty_table_clear(struct penalty_table *t);

#endif
