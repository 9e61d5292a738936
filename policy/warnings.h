#ifndef POLICY_WARNINGS_H
#define POLICY_WARNINGS_H

#include "policy/policy.h"

/*
 * What a configuration may say and probably does not mean: each is reported
 * as a SEVERITY_WARNING with the line that it is about.
 *
 * - a Match line that nobody can match;
 * - a line that an earlier one of the same place forestalls;
 * - an entry of a list that an earlier one covers;
 * - a grant that a DenyOpen or DenyListen wholly takes away;
 * - a PermitListen host that GatewayPorts yes widens to every address;
 * - lists of a direction that is switched off, PermitOpen any beside
 *   GrantOpen, key options that a password gets around;
 * - keywords that are kept and have no effect here.
 *
 * Silence is no proof: entries are compared with the first of an earlier list
 * that lists what they begin with, and blocks with the global part and
 * themselves, not with each other.
 */
void policy_warnings(const struct policy *policy, policy_report_fn *report,
                     void *arg);

#endif
