#ifndef SERVER_CTL_CANDIDATES_H
#define SERVER_CTL_CANDIDATES_H

#include "server/ctl/answer.h"

/*
 * The entries for addresses that will be asked when a name is resolved: what
 * an address has to be in, and what it must not be in.
 */
typedef void candidate_fn(void *arg, bool denied, const char *text,
                          const struct origin *from);

/* Call found() for each entry that speaks of addresses at this port. */
void candidates_each(const struct settings *s, const struct request *req,
                     candidate_fn *found, void *arg);

/*
 * Is the answer one about a name that no address was given for, and would an
 * address change it?
 */
bool candidates_matter(const struct settings *s, const struct question *q,
                       const struct answer *a);

#endif
