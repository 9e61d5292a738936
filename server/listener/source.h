#ifndef SERVER_LISTENER_SOURCE_H
#define SERVER_LISTENER_SOURCE_H

#include "policy/address.h"
#include "policy/settings.h"

/*
 * PerSourceNetBlockSize: the network that an address counts to.  A client
 * behind a v4-mapped address is a v4 one (sockaddr_read() has seen to it).
 */
struct address source_of(const struct address *a,
                         const struct net_block_setting *block);

/* How many bits of a are looked at. */
unsigned source_bits(const struct address *a,
                     const struct net_block_setting *block);

#endif
