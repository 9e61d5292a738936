#ifndef SERVER_BASE_PACE_H
#define SERVER_BASE_PACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * For a line that others cause and that says the same each time: the first is
 * written, then one in LIMIT_PACE_MS at most.  All zeros is a fresh one.
 */
struct pace {
    bool has_begun;
    uint64_t told_ms;
    unsigned held_back; /* since the last that was written */
};

/*
 * One more; now_ms never goes back.  True: write it, and how many were held
 * back before it.  False: it counts as held back.
 */
bool pace_allows(struct pace *p, uint64_t now_ms, unsigned *ret_held_back);

#endif
