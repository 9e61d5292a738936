#include "server/listener/source.h"

#include "policy/network.h"

unsigned
source_bits(const struct address *a, const struct net_block_setting *block)
{
    return a->family == ADDRESS_V6 ? block->v6_bits : block->v4_bits;
}

struct address
source_of(const struct address *a, const struct net_block_setting *block)
{
    return network_mask(a, source_bits(a, block));
}
