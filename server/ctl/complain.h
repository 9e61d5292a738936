#ifndef SERVER_CTL_COMPLAIN_H
#define SERVER_CTL_COMPLAIN_H

#include "policy/diag.h"

/* A line on stderr, escaped: what is complained about came from a file. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same of a mistake in a file, as sshd words it: a policy_report_fn. */
void complain_of(void *arg, const struct diag *diag);

/*
 * What is wrong with the command line, unless that has been said (no text),
 * and how it would be right.  Returns status.
 */
int complain_usage(const struct diag *diag, const char *usage, int status);

#endif
