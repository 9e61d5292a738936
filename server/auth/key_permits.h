#ifndef SERVER_AUTH_KEY_PERMITS_H
#define SERVER_AUTH_KEY_PERMITS_H

#include <stddef.h>

#include "server/auth/key_options.h"

/*
 * The places of one direction that a line permits, while it is being read.
 * count <= room, count <= KEY_PERMITS_MAX; list is in the arena.
 */
struct key_permits {
    struct endpoint *list;
    size_t count, room;
};

/* endpoint_parse_open or endpoint_parse_listen. */
typedef int key_permits_parse_fn(struct arena *arena, const char *text,
                                 service_port_fn *service, void *arg,
                                 struct endpoint *ret, struct diag *reterr);

/*
 * Add one permitopen= or permitlisten=; value is changed.  Returns 0; -EINVAL
 * (not an endpoint, or too many) or -ENOMEM with words.
 */
int key_permits_add(struct key_permits *permits, key_permits_parse_fn *parse,
                    char *value, const struct key_options_context *context,
                    struct diag *reterr);

#endif
