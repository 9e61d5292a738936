#ifndef POLICY_ENDPOINTS_H
#define POLICY_ENDPOINTS_H

#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/chains.h"
#include "policy/endpoint.h"

/* The entries of a PermitOpen, PermitListen or their key options. */
struct endpoints_setting {
    struct origin from;
    const struct endpoint *list; /* owned by the policy's arena */
    size_t count;                /* 0: "any", nothing is restricted */
    const struct chains *index;  /* NULL: not made, or not worth it */
};

/* Let endpoints_find_open() answer without a walk.  0 or -ENOMEM. */
int endpoints_seal(struct arena *arena, struct endpoints_setting *set);

/*
 * The first entry that endpoint_matches_open(), or endpoint_matches_path();
 * NULL when there is none.
 */
const struct endpoint *endpoints_find_open(const struct endpoints_setting *set,
                                           const char *host, uint16_t port);
const struct endpoint *endpoints_find_path(const struct endpoints_setting *set,
                                           const char *path);

#endif
