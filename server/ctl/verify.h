#ifndef SERVER_CTL_VERIFY_H
#define SERVER_CTL_VERIFY_H

#include "policy/printout.h"
#include "server/ctl/expectation.h"
#include "server/ctl/loaded.h"

struct verify_count {
    size_t held, failed;
};

/*
 * Hold a list of expectations against a configuration.  Each that fails is
 * written to out, with its own place, what was answered, and the line that
 * decided.  Nothing is asked of this machine: groups are those that the line
 * gives, ports below 1024 are privileged, and root alone is uid 0.
 * Returns 0, -EINVAL (reported on stderr) or -ENOMEM.
 */
int verify_all(struct loaded *config, const struct expectation *list,
               struct printout *out, struct verify_count *count);

#endif
