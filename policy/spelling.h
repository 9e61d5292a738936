#ifndef POLICY_SPELLING_H
#define POLICY_SPELLING_H

#include <stdbool.h>

#include "policy/address.h"

/*
 * Does a resolver take host for an address, without asking anybody?  That is
 * every spelling of inet_aton(3), "127.1", "0x7f000001", "2130706433",
 * "0177.0.0.1", and v6 with the name of an interface, "fe80::1%eth0" (whose
 * scope is left 0).  What it is then the address of goes to *ret, v4-mapped
 * becoming v4; wildcards stay (see address_dialled).
 */
bool spelling_is_address(const char *host, struct address *ret);

#endif
