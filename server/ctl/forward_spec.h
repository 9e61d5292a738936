#ifndef SERVER_CTL_FORWARD_SPEC_H
#define SERVER_CTL_FORWARD_SPEC_H

#include "policy/decide.h"
#include "policy/printout.h"

/*
 * A request in words: "open HOST:PORT", "listen [ADDRESS:]PORT",
 * "open-path PATH", "listen-path PATH".  IPv6 addresses stand in brackets; a
 * port is a number, also one that is too large, or the name of a service.
 * "listen 8080" asks for localhost and "listen *:8080" for every address, as
 * ssh -R does.
 */

/* Is it the first of these words? */
bool forward_spec_is_kind(const char *word);

/*
 * Read one; the texts go into the arena.  service may be NULL.
 * Returns 0, -EINVAL with words, or -ENOMEM.
 */
int forward_spec_parse(struct arena *arena, const char *kind, const char *where,
                       service_port_fn *service, struct request *ret,
                       struct diag *reterr);

const char *forward_spec_kind(enum request_kind kind);

/* What forward_spec_parse() would read, both words, as they are. */
void forward_spec_format(const struct request *req, struct printout *out);

#endif
