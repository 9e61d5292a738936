#ifndef SERVER_CTL_CENSUS_H
#define SERVER_CTL_CENSUS_H

#include "policy/policy.h"
#include "server/ctl/name_set.h"

/*
 * Everybody and everything that configurations name, as examples: of a
 * pattern something that it matches, of a network its ends and what is next
 * to them, of a range of ports the same.
 */
struct census {
    /* What Match and the lists of who may log in go by. */
    struct name_set users, groups, addresses, hosts;
    struct name_set local_addresses, local_ports;
    /* What is asked for.  Ports are numbers as text. */
    struct name_set open_hosts, open_ports;
    struct name_set listen_hosts, listen_ports;
    struct name_set open_paths, listen_paths;
    struct name_set sources; /* who connects to a listener */
};

/* Add all that policy names, in whatever block it stands. */
void census_take(struct census *c, const struct policy *policy);

bool census_failed(const struct census *c); /* out of memory */
void census_done(struct census *c);

#endif
