#ifndef SERVER_CTL_EXAMPLES_H
#define SERVER_CTL_EXAMPLES_H

#include "policy/network.h"
#include "policy/port_set.h"
#include "server/ctl/name_set.h"

/* Something that a pattern with '*' and '?' matches. */
void examples_of_pattern(struct name_set *set, const char *pattern);

/* The ends of a network, and its neighbours on both sides. */
void examples_of_network(struct name_set *set, const struct network *network);

/* The same of a range of ports. */
void examples_of_ports(struct name_set *set, struct port_range range);

/*
 * Each element of a comma list of patterns, without its '!'.  Elements of
 * the second kind may be networks, addresses and patterns of addresses: what
 * is none of them goes to names, which may be NULL.
 */
void examples_of_list(struct name_set *set, const char *list);
void examples_of_addresses(struct name_set *set, struct name_set *names,
                           const char *list);

#endif
