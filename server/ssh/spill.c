#include "server/ssh/spill.h"

#include <stdlib.h>
#include <string.h>

size_t
spill_size(const struct spill *s)
{
    return s->used - s->done;
}

const uint8_t *
spill_head(const struct spill *s)
{
    return s->bytes + s->done;
}

/* Move what is left to the front when that is cheap, else get more room. */
static bool
make_room(struct spill *s, size_t size)
{
    size_t left = spill_size(s);
    size_t room = 2 * (left + size); /* what is not used is not resident */
    uint8_t *bytes = NULL;

    if (s->room - s->used >= size) {
        return true;
    }
    if (s->done >= left && s->room - left >= size) {
        memcpy(s->bytes, s->bytes + s->done, left);
        s->used = left;
        s->done = 0;
        return true;
    }
    bytes = realloc(s->bytes, s->done + room);
    if (bytes == NULL) {
        return false;
    }
    s->bytes = bytes;
    s->room = s->done + room;
    return true;
}

bool
spill_put(struct spill *s, const void *data, size_t size)
{
    if (size == 0) {
        return true; /* there may be no memory to copy to */
    }
    if (!make_room(s, size)) {
        return false;
    }
    memcpy(s->bytes + s->used, data, size);
    s->used += size;
    return true;
}

void
spill_pass(struct spill *s, size_t size)
{
    s->done += size;
    if (s->done == s->used) {
        spill_drop(s);
    }
}

void
spill_drop(struct spill *s)
{
    free(s->bytes);
    *s = (struct spill){0};
}
