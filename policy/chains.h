#ifndef POLICY_CHAINS_H
#define POLICY_CHAINS_H

#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"

/*
 * Places of a list, by a hash of what stands there: the candidates for a
 * look-up come in the order of the list.  Two keys may have one hash, so that
 * each candidate has to be compared.
 */
struct chains;

/* Room for places 0 to count - 1; NULL: no memory, or too many. */
struct chains *chains_new(struct arena *arena, size_t count);

/* Put place in front of those with its hash: add the last place first. */
void chains_add(struct chains *chains, uint64_t hash, size_t place);

#define CHAINS_END SIZE_MAX

/*
 * The first place with this hash, the one behind a place, or CHAINS_END.
 * Another hash is hardly ever taken for it: a request chooses its keys, and
 * must not choose how many entries are compared with them.
 */
size_t chains_first(const struct chains *chains, uint64_t hash);
size_t chains_next(const struct chains *chains, uint64_t hash, size_t place);

/*
 * FNV-1a of size bytes, going on from hash.  The tables hold what an
 * administrator wrote and nothing is added by a look-up, so there is no
 * secret in it.
 */
uint64_t chains_mix(uint64_t hash, const void *data, size_t size);

#define CHAINS_HASH_START 0xcbf29ce484222325

#endif
