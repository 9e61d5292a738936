/* Finding the entry of a long PermitOpen. */
#include "policy/endpoints.h"

#include <errno.h>
#include <string.h>

#define INDEX_MIN 16 /* entries; fewer are looked through as fast */

static uint64_t
hash_entry(const char *host, uint16_t port)
{
    uint64_t hash = chains_mix(CHAINS_HASH_START, &port, sizeof(port));

    return chains_mix(hash, host, strlen(host));
}

int
endpoints_seal(struct arena *arena, struct endpoints_setting *set)
{
    struct chains *index = NULL;

    set->index = NULL;
    if (set->count < INDEX_MIN) {
        return 0;
    }
    index = chains_new(arena, set->count);
    if (index == NULL) {
        return -ENOMEM;
    }
    for (size_t i = set->count; i > 0; i--) {
        const struct endpoint *e = &set->list[i - 1];

        chains_add(index, hash_entry(e->host, e->port), i - 1);
    }
    set->index = index;
    return 0;
}

/* The first place, before end, of an entry with exactly this host and port. */
static size_t
find_exact(const struct endpoints_setting *set, const char *host, uint16_t port,
           size_t end)
{
    uint64_t hash = hash_entry(host, port);
    size_t i = chains_first(set->index, hash);

    while (i < end) {
        const struct endpoint *e = &set->list[i];

        if (!e->never && e->port == port && strcmp(e->host, host) == 0) {
            return i;
        }
        i = chains_next(set->index, hash, i);
    }
    return end;
}

static const struct endpoint *
walk(const struct endpoints_setting *set, const char *host, uint16_t port)
{
    for (size_t i = 0; i < set->count; i++) {
        if (endpoint_matches_open(&set->list[i], host, port)) {
            return &set->list[i];
        }
    }
    return NULL;
}

const struct endpoint *
endpoints_find_open(const struct endpoints_setting *set, const char *host,
                    uint16_t port)
{
    size_t best = set->count;

    if (set->index == NULL) {
        return walk(set, host, port);
    }
    best = find_exact(set, host, port, best);
    best = find_exact(set, host, 0, best);
    best = find_exact(set, "*", port, best);
    best = find_exact(set, "*", 0, best);
    return best < set->count ? &set->list[best] : NULL;
}

/* Only entries for any port list a path: those that list it at port 0. */
const struct endpoint *
endpoints_find_path(const struct endpoints_setting *set, const char *path)
{
    return endpoints_find_open(set, path, 0);
}
