/* A hash table of places in a list. */
#include "policy/chains.h"

#define SLOTS_MIN 16

/*
 * head and next hold places plus one; 0 ends a chain.  Chains ascend.
 * tags: of each place what its hash has beside the slot.
 */
struct chains {
    uint32_t *head, *next, *tags;
    size_t mask;
};

struct chains *
chains_new(struct arena *arena, size_t count)
{
    struct chains *chains = arena_alloc(arena, sizeof(*chains));
    size_t slots = SLOTS_MIN;

    if (chains == NULL || count >= UINT32_MAX) {
        return NULL;
    }
    while (slots < count) {
        slots *= 2;
    }
    chains->mask = slots - 1;
    chains->head = arena_alloc(arena, slots * sizeof(*chains->head));
    chains->next = arena_alloc(arena, count * sizeof(*chains->next));
    chains->tags = arena_alloc(arena, count * sizeof(*chains->tags));
    return chains->head == NULL || chains->next == NULL || chains->tags == NULL
               ? NULL
               : chains;
}

/* The upper bits of an FNV hash are the better ones. */
static uint32_t *
slot(const struct chains *chains, uint64_t hash)
{
    return &chains->head[(hash ^ hash >> 32) & chains->mask];
}

static uint32_t
tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

void
chains_add(struct chains *chains, uint64_t hash, size_t place)
{
    uint32_t *head = slot(chains, hash);

    chains->next[place] = *head;
    chains->tags[place] = tag_of(hash);
    *head = (uint32_t)place + 1;
}

/* The place that is stored, or the first one behind it with this hash. */
static size_t
find(const struct chains *chains, uint32_t stored, uint64_t hash)
{
    while (stored != 0 && chains->tags[stored - 1] != tag_of(hash)) {
        stored = chains->next[stored - 1];
    }
    return stored == 0 ? CHAINS_END : stored - 1;
}

size_t
chains_first(const struct chains *chains, uint64_t hash)
{
    return find(chains, *slot(chains, hash), hash);
}

size_t
chains_next(const struct chains *chains, uint64_t hash, size_t place)
{
    return find(chains, chains->next[place], hash);
}

uint64_t
chains_mix(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ p[i]) * 0x100000001b3;
    }
    return hash;
}
