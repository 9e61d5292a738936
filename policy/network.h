#ifndef POLICY_NETWORK_H
#define POLICY_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"
#include "policy/diag.h"

/*
 * A block of addresses (CIDR, RFC 4632): the first bits of base are compared,
 * all others of it are zero.  Plain data; zeroed memory holds no address.
 */
struct network {
    struct address base;
    uint32_t bits;
};

/*
 * Read "address/bits", size bytes of text.  Host bits must be zero: a block
 * with some is a mistake, and guessing which half was meant would be another.
 * v4-mapped blocks stay what they are.  Returns 0 or -EINVAL with words.
 */
int network_parse(const char *text, size_t size, struct network *ret,
                  struct diag *reterr);

/* The block of one address. */
struct network network_of(const struct address *a);

/* A block within ::ffff:0:0/96 becomes the v4 block it stands for. */
void network_unmap(struct network *n);

/* Same family, and a's first bits are those of the block; no scope. */
bool network_holds(const struct network *n, const struct address *a);

/* Is every address of inner in outer? */
bool network_covers(const struct network *outer, const struct network *inner);

/* a with all but its first bits zeroed; as many as it has change nothing. */
struct address network_mask(const struct address *a, uint32_t bits);

#endif
