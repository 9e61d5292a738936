#ifndef SERVER_SSH_SPILL_H
#define SERVER_SSH_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that wait for a target which does not take them now: first in, first
 * out, no memory while there are none.  Zeroed is empty. */
struct spill {
    uint8_t *bytes; /* own */
    size_t room, used, done;
};

/* How many bytes wait; they begin at spill_head(). */
size_t spill_size(const struct spill *s);
const uint8_t *spill_head(const struct spill *s);

/* Append a copy.  False: out of memory, and nothing changed. */
bool spill_put(struct spill *s, const void *data, size_t size);

/* The first size bytes are delivered. */
void spill_pass(struct spill *s, size_t size);

void spill_drop(struct spill *s);

#endif
