#ifndef SERVER_CTL_NAME_SET_H
#define SERVER_CTL_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Different texts, in the order in which they came.  Errors stick: add
 * freely, then ask once whether it failed.  Zeroed is empty.
 */
struct name_set {
    char **list; /* owned */
    size_t count;
    size_t room;
    size_t *slots; /* 1 + place in list, or 0; twice as many as there is room */
    bool failed;   /* out of memory */
};

/* Returns the place of text, which is the last one when it is new. */
size_t name_set_add(struct name_set *set, const char *text);

/* The same for the first size bytes of text. */
size_t name_set_add_sized(struct name_set *set, const char *text, size_t size);

bool name_set_has(const struct name_set *set, const char *text);
void name_set_done(struct name_set *set);

#endif
