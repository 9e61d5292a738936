#ifndef POLICY_ADDRESS_H
#define POLICY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/diag.h"

enum address_family {
    ADDRESS_NONE = 0, /* no address: matches nothing */
    ADDRESS_V4 = 4,
    ADDRESS_V6 = 6,
};

/* A numeric network address without a port.  Plain data. */
struct address {
    enum address_family family;
    uint8_t bytes[16]; /* network order; 4 used for V4, 16 for V6 */
    uint32_t scope;    /* V6 link-local scope id, else 0 */
};

#define ADDRESS_TEXT_MAX 64 /* bytes, with the NUL and a scope id */

/*
 * Read a strictly numeric address ("192.0.2.1", "2001:db8::1", "fe80::1%2").
 * Names and short spellings such as "127.1" are not addresses.  A v4-mapped
 * v6 address becomes the v4 address.  Returns 0 or -EINVAL.
 */
int address_parse(const char *text, struct address *ret);

/*
 * The same for the first size bytes of text, but as it is written: v4-mapped
 * stays v4-mapped.  So an element of a list that is v4-mapped matches nothing,
 * since no client's address is.
 */
int address_parse_sized(const char *text, size_t size, struct address *ret);

/* The canonical text, as inet_ntop(3) writes it, plus "%scope". */
void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]);

/* A v4-mapped v6 address becomes the v4 address. */
void address_unmap(struct address *a);

/*
 * Where connecting to a leads: the kernel takes the wildcard address for
 * loopback, and a v4-mapped one for v4.  Policy has to look at this one.
 */
struct address address_dialled(const struct address *a);

/* Same family, same bytes, same scope. */
bool address_equal(const struct address *a, const struct address *b);

/* Loopback: 127.0.0.0/8, ::1.  Wildcard: 0.0.0.0, ::. */
bool address_is_loopback(const struct address *a);
bool address_is_wildcard(const struct address *a);

/*
 * Outcome of matching a list with negation, as in sshd's Match Address,
 * from= and user@host lists.
 */
enum list_match {
    LIST_NO_MATCH = 0, /* zeroed memory matches nothing */
    LIST_MATCH,
    LIST_NEGATED, /* a "!element" matched; wins over any positive match */
};

/*
 * Match a comma list of CIDR blocks, literal addresses and globs on the
 * printed address against a (sshd: addr_match_list).  Elements with '/' must
 * be a network with all host bits zero: sshd takes "name/8" for a glob that
 * never matches, here it is an error, and so is an address that is not written
 * in full ("10.1").  Families never cross-match.
 *
 * list    NUL-terminated, not kept.
 * a       may be ADDRESS_NONE: then nothing but a syntax check happens.
 * ret     set only on success.
 * reterr  set only on failure; never NULL.
 *
 * Returns 0, or -EINVAL for an empty element or a bad CIDR block.
 */
int address_match_list(const char *list, const struct address *a,
                       enum list_match *ret, struct diag *reterr);

#endif
