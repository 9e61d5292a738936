#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/address.h"

/*
 * sshd's globs: '*' and '?' only, no classes, no escapes, the whole string
 * must match.  Runs in time proportional to text times pattern at worst.
 */
bool pattern_matches(const char *pattern, const char *text);

/* The same for the first size bytes of pattern. */
bool pattern_matches_sized(const char *pattern, size_t size, const char *text);

/*
 * Lower-case text (ASCII) into size bytes at out.  False, and out is not to
 * be used, when it does not fit with its NUL.
 */
bool pattern_fold(const char *text, char *out, size_t size);

/*
 * A comma list of patterns, "!pattern" negates (sshd: match_pattern_list).
 * A list of negated elements only never matches.  Elements of 1023 bytes and
 * more match nothing.  fold lower-cases both sides (ASCII).
 */
enum list_match pattern_match_list(const char *list, const char *text,
                                   bool fold);

/*
 * A host list as in user@HOST and from="HOST": each element is a CIDR block,
 * an address or a name pattern; host is the confirmed name or, without
 * UseDNS, the printed address.  Returns 0 or -EINVAL (bad CIDR block, *reterr
 * says which).
 */
int pattern_match_host_list(const char *list, const char *host,
                            const struct address *a, enum list_match *ret,
                            struct diag *reterr);

#endif
