/* "direct-*=5m global=1h": what ChannelTimeout says about a channel. */
#include "policy/timeouts.h"

#include <string.h>

#include "policy/pattern.h"
#include "policy/types.h"

static const char global[] = "global";

bool
timeouts_read(const char *entry, size_t *ret_pattern, uint64_t *ret_seconds)
{
    size_t size = strcspn(entry, "=");
    uint64_t seconds = 0;

    if (size == 0 || entry[size] == '\0' ||
        value_seconds(entry + size + 1, &seconds) < 0) {
        return false;
    }
    *ret_pattern = size;
    *ret_seconds = seconds;
    return true;
}

static bool
is_global(const char *entry, size_t size)
{
    return size == sizeof(global) - 1 && memcmp(entry, global, size) == 0;
}

uint64_t
timeouts_find(const struct texts_setting *list, const char *type)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *entry = list->list[i].text;
        uint64_t seconds = 0;
        size_t size = 0;

        if (timeouts_read(entry, &size, &seconds) && !is_global(entry, size) &&
            pattern_matches_sized(entry, size, type)) {
            return seconds;
        }
    }
    return 0;
}

uint64_t
timeouts_global(const struct texts_setting *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *entry = list->list[i].text;
        uint64_t seconds = 0;
        size_t size = 0;

        if (timeouts_read(entry, &size, &seconds) && is_global(entry, size)) {
            return seconds;
        }
    }
    return 0;
}
