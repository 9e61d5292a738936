#ifndef SERVER_CTL_EXPECTATION_H
#define SERVER_CTL_EXPECTATION_H

#include "policy/decide.h"
#include "policy/policy.h"
#include "server/ctl/person.h"

#define EXPECTATION_MAX 50000 /* of one file */

/*
 * One line of a file of policy tests:
 *
 *   allow|deny [USER[@ADDRESS]] [FACT=VALUE]... KIND PLACE [FACT=VALUE]...
 *
 * FACT is one of person.h, KIND and PLACE are those of forward_spec.h.
 * Quoting and comments are those of sshd_config(5).
 */
struct expectation {
    struct origin from;
    bool allow;
    struct person person;
    struct request request;
    const char *text; /* the line as it stands in the file */
    struct expectation *next;
};

/*
 * Read a file.  Each bad line is reported with file, line and what is wrong
 * with which field, and the others are read all the same.  *ret is the first
 * of a list in the order of the file, NULL when it has none; it lives in the
 * arena.  source and its name are borrowed as long.  service may be NULL.
 * Returns 0; -EINVAL when anything was reported; -ENOMEM.
 */
int expectation_read_all(struct arena *arena, const struct source *source,
                         service_port_fn *service, policy_report_fn *report,
                         void *arg, const struct expectation **ret);

#endif
