#include "server/ctl/name_set.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/chains.h"

#define FIRST_ROOM 64

/* The slot of text, or the free one where it would go. */
static size_t *
find(const struct name_set *set, const char *text, size_t size)
{
    size_t slots = 2 * set->room;
    size_t at = (size_t)(chains_mix(CHAINS_HASH_START, text, size) % slots);

    while (set->slots[at] != 0) {
        const char *there = set->list[set->slots[at] - 1];

        if (strlen(there) == size && memcmp(there, text, size) == 0) {
            break;
        }
        at = (at + 1) % slots;
    }
    return &set->slots[at];
}

static void
place_all(struct name_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        *find(set, set->list[i], strlen(set->list[i])) = i + 1;
    }
}

static void
grow(struct name_set *set)
{
    size_t room = set->room == 0 ? FIRST_ROOM : 2 * set->room;
    char **list = realloc(set->list, room * sizeof(*list));
    size_t *slots = calloc(2 * room, sizeof(*slots));

    if (list != NULL) {
        set->list = list;
    }
    if (list == NULL || slots == NULL) {
        free(slots);
        set->failed = true;
        return;
    }
    free(set->slots);
    set->slots = slots;
    set->room = room;
    place_all(set);
}

size_t
name_set_add_sized(struct name_set *set, const char *text, size_t size)
{
    size_t *slot = NULL;
    char *copy = NULL;

    if (!set->failed && set->count == set->room) {
        grow(set);
    }
    if (set->failed) {
        return 0;
    }
    slot = find(set, text, size);
    if (*slot != 0) {
        return *slot - 1;
    }
    copy = strndup(text, size);
    if (copy == NULL) {
        set->failed = true;
        return 0;
    }
    set->list[set->count++] = copy;
    *slot = set->count;
    return set->count - 1;
}

size_t
name_set_add(struct name_set *set, const char *text)
{
    return name_set_add_sized(set, text, strlen(text));
}

bool
name_set_has(const struct name_set *set, const char *text)
{
    return set->room > 0 && *find(set, text, strlen(text)) != 0;
}

void
name_set_done(struct name_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->list[i]);
    }
    free(set->list);
    free(set->slots);
    *set = (struct name_set){0};
}
