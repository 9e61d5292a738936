#ifndef POLICY_TIMEOUTS_H
#define POLICY_TIMEOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/settings.h"

/*
 * ChannelTimeout: "pattern=time" entries.  "global" is not a pattern but
 * stands for all channels together.
 */

/*
 * Read one entry: the length of its pattern, which is not empty, and its
 * seconds.  False when it is none; the results are unchanged then.
 */
bool timeouts_read(const char *entry, size_t *ret_pattern,
                   uint64_t *ret_seconds);

/* Seconds for a type of channel, by the first pattern that matches; or 0. */
uint64_t timeouts_find(const struct texts_setting *list, const char *type);

/* Seconds after which all channels are closed; 0: never. */
uint64_t timeouts_global(const struct texts_setting *list);

#endif
