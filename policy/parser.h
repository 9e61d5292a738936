#ifndef POLICY_PARSER_H
#define POLICY_PARSER_H

#include <stdbool.h>

#include "policy/arena.h"
#include "policy/keyword.h"
#include "policy/match.h"
#include "policy/policy.h"

/*
 * A Match line and what stands under it.  Within an Include, text before the
 * first Match belongs to the includer's block; a Match in it needs the
 * includer's block to hold as well.
 */
struct block {
    const struct block *parent; /* NULL: the global text */
    struct condition condition;
    struct origin from; /* the Match line */
    bool active;        /* as decided last; parents are decided first */
    struct block *next;
};

/* One value inside a block, read and checked, for pass 2. */
struct statement {
    const struct keyword *kw;
    const void *value; /* kw->type->size bytes */
    const struct block *block;
    struct statement *next;
};

/*
 * Everything that was read.  blocks and statements are in the order of the
 * text, Includes in their place.  All of it lives in the arena.
 */
struct policy {
    struct arena *arena;
    const struct facts *facts; /* borrowed */
    struct settings global;
    struct block *blocks;
    struct statement *statements;
    struct statement *late; /* global values that an earlier line forestalls */
};

/*
 * Pass 1 over overrides and sources into a zeroed policy that has its arena
 * and its facts.  Complaints are reported; defaults are not filled in.
 */
int parser_run(struct policy *policy, const struct sources *sources,
               policy_report_fn *report, void *arg);

#endif
