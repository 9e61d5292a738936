/*
 * Finding the first entry of a list that matches.
 *
 * The index leads from what an entry is about (its kind, name or network, and
 * its port where it has one only) to its place in the list.
 * Which entries of a chain match is for grant_matches() to say, so two keys
 * with one hash do no harm.
 */
#include "policy/grants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/chains.h"

#define INDEX_MIN 16 /* entries; fewer are looked through as fast */
#define NOT_FOUND CHAINS_END
#define PREFIXES 162 /* /0 to /32 and /0 to /128 */

/* A prefix length in use. */
struct prefix {
    enum address_family family;
    uint32_t bits;
};

/*
 * chains: places by what the entry is about.
 * linear: places of the entries that no key finds, ascending.
 * open_ports: ports of the entries for addresses, disjoint and ascending.
 */
struct grant_index {
    struct chains *chains;
    uint32_t *linear;
    size_t linear_count;
    struct prefix prefixes[PREFIXES];
    size_t prefix_count;
    struct port_range *open_ports;
    size_t open_ports_count;
};

static uint64_t
mix_head(enum grant_kind kind, uint32_t port)
{
    const uint32_t head[] = {(uint32_t)kind, port};

    return chains_mix(CHAINS_HASH_START, head, sizeof(head));
}

/* port 0: of an entry that has more than one. */
static uint64_t
hash_name(const char *name, uint32_t port)
{
    return chains_mix(mix_head(GRANT_NAME, port), name, strlen(name));
}

static uint64_t
hash_network(const struct address *masked, uint32_t bits, uint32_t port)
{
    const uint32_t about[] = {(uint32_t)masked->family, bits};
    uint64_t hash =
        chains_mix(mix_head(GRANT_NETWORK, port), about, sizeof(about));

    return chains_mix(hash, masked->bytes, (bits + 7) / 8);
}

/* "*.suffix", as almost every pattern is: all that counts is the suffix. */
static bool
is_suffix(const struct grant *g)
{
    return g->kind == GRANT_GLOB && strncmp(g->name, "*.", 2) == 0 &&
           strpbrk(g->name + 2, "*?") == NULL;
}

static bool
is_keyed(const struct grant *g)
{
    return g->kind == GRANT_ANY || g->kind == GRANT_NAME ||
           g->kind == GRANT_NETWORK || is_suffix(g);
}

/* From the end, so that all suffixes of a name cost one pass. */
static uint64_t
hash_suffix(const char *suffix)
{
    uint64_t hash = CHAINS_HASH_START;

    for (size_t i = strlen(suffix); i > 0; i--) {
        hash = chains_mix(hash, &suffix[i - 1], 1);
    }
    return hash;
}

static uint64_t
mix_port(uint64_t hash, uint32_t port)
{
    return chains_mix(hash, &port, sizeof(port));
}

static uint64_t
hash_grant(const struct grant *g)
{
    uint32_t port = g->ports.first == g->ports.last ? g->ports.first : 0;

    if (g->kind == GRANT_NAME) {
        return hash_name(g->name, port);
    }
    if (g->kind == GRANT_NETWORK) {
        return hash_network(&g->network.base, g->network.bits, port);
    }
    if (g->kind == GRANT_GLOB) {
        return mix_port(hash_suffix(g->name + 2), port);
    }
    return mix_head(g->kind, port);
}

static void
note_prefix(struct grant_index *index, const struct network *n)
{
    for (size_t i = 0; i < index->prefix_count; i++) {
        if (index->prefixes[i].family == n->base.family &&
            index->prefixes[i].bits == n->bits) {
            return;
        }
    }
    index->prefixes[index->prefix_count++] =
        (struct prefix){n->base.family, n->bits};
}

static int
compare_ranges(const void *a, const void *b)
{
    const struct port_range *left = a, *right = b;

    return (int)left->first - (int)right->first;
}

/* Sort, and join what overlaps or touches. */
static void
join_ranges(struct grant_index *index)
{
    struct port_range *list = index->open_ports;
    size_t count = 0;

    if (index->open_ports_count == 0) {
        return;
    }
    qsort(list, index->open_ports_count, sizeof(*list), compare_ranges);
    for (size_t i = 1; i < index->open_ports_count; i++) {
        if ((uint32_t)list[i].first > (uint32_t)list[count].last + 1) {
            list[++count] = list[i];
        } else if (list[i].last > list[count].last) {
            list[count].last = list[i].last;
        }
    }
    index->open_ports_count = count + 1;
}

static struct grant_index *
make_room(struct arena *arena, size_t count)
{
    struct grant_index *index = arena_alloc(arena, sizeof(*index));

    if (index == NULL) {
        return NULL;
    }
    index->chains = chains_new(arena, count);
    index->linear = arena_alloc(arena, count * sizeof(*index->linear));
    index->open_ports = arena_alloc(arena, count * sizeof(*index->open_ports));
    return index->chains == NULL || index->linear == NULL ||
                   index->open_ports == NULL
               ? NULL
               : index;
}

static void
fill(struct grant_index *index, const struct grants_setting *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *g = &set->list[i];

        if (!is_keyed(g)) {
            index->linear[index->linear_count++] = (uint32_t)i;
        }
        if (g->kind == GRANT_NETWORK) {
            note_prefix(index, &g->network);
            index->open_ports[index->open_ports_count++] = g->ports;
        }
    }
    join_ranges(index);
    for (size_t i = set->count; i > 0; i--) {
        const struct grant *g = &set->list[i - 1];

        if (is_keyed(g)) {
            chains_add(index->chains, hash_grant(g), i - 1);
        }
    }
}

int
grants_seal(struct arena *arena, struct grants_setting *set)
{
    struct grant_index *index = NULL;

    set->index = NULL;
    if (set->count < INDEX_MIN) {
        return 0;
    }
    index = make_room(arena, set->count);
    if (index == NULL) {
        return -ENOMEM;
    }
    fill(index, set);
    set->index = index;
    return 0;
}

/* A question, and the best answer so far. */
struct search {
    const struct grants_setting *set;
    const struct grant_query *q;
    size_t best;
};

static void
follow(struct search *s, uint64_t hash)
{
    const struct chains *chains = s->set->index->chains;

    for (size_t i = chains_first(chains, hash); i < s->best;
         i = chains_next(chains, hash, i)) {
        if (grant_matches(&s->set->list[i], s->q)) {
            s->best = i;
        }
    }
}

static void
follow_prefixes(struct search *s)
{
    const struct grant_index *index = s->set->index;

    for (size_t i = 0; i < index->prefix_count; i++) {
        const struct prefix *p = &index->prefixes[i];

        if (p->family == s->q->address->family) {
            struct address masked = network_mask(s->q->address, p->bits);

            follow(s, hash_network(&masked, p->bits, s->q->port));
            follow(s, hash_network(&masked, p->bits, 0));
        }
    }
}

static void
follow_suffixes(struct search *s)
{
    const char *name = s->q->name;
    uint64_t hash = CHAINS_HASH_START;

    for (size_t i = strlen(name); i > 0; i--) {
        if (name[i - 1] == '.') {
            follow(s, mix_port(hash, s->q->port));
            follow(s, mix_port(hash, 0));
        }
        hash = chains_mix(hash, &name[i - 1], 1);
    }
}

static void
look_through(struct search *s)
{
    const struct grant_index *index = s->set->index;

    for (size_t i = 0; i < index->linear_count && index->linear[i] < s->best;
         i++) {
        if (grant_matches(&s->set->list[index->linear[i]], s->q)) {
            s->best = index->linear[i];
        }
    }
}

static size_t
find_by_index(const struct grants_setting *set, const struct grant_query *q)
{
    struct search s = {.set = set, .q = q, .best = NOT_FOUND};

    follow(&s, mix_head(GRANT_ANY, q->port));
    follow(&s, mix_head(GRANT_ANY, 0));
    if (q->name != NULL) {
        follow(&s, hash_name(q->name, q->port));
        follow(&s, hash_name(q->name, 0));
        follow_suffixes(&s);
    }
    if (q->address != NULL) {
        follow_prefixes(&s);
    }
    look_through(&s);
    return s.best;
}

const struct grant *
grants_find(const struct grants_setting *set, const struct grant_query *q)
{
    size_t found = NOT_FOUND;

    if (set->index != NULL) {
        found = find_by_index(set, q);
        return found == NOT_FOUND ? NULL : &set->list[found];
    }
    for (size_t i = 0; i < set->count; i++) {
        if (grant_matches(&set->list[i], q)) {
            return &set->list[i];
        }
    }
    return NULL;
}

static bool
ranges_hold(const struct grant_index *index, uint32_t port)
{
    size_t low = 0;
    size_t high = index->open_ports_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (port > index->open_ports[middle].last) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < index->open_ports_count &&
           port >= index->open_ports[low].first;
}

bool
grants_may_hold_address(const struct grants_setting *set, uint32_t port)
{
    if (set->index != NULL) {
        return ranges_hold(set->index, port);
    }
    for (size_t i = 0; i < set->count; i++) {
        if (set->list[i].kind == GRANT_NETWORK &&
            port_range_holds(&set->list[i].ports, port)) {
            return true;
        }
    }
    return false;
}
