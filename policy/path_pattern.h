#ifndef POLICY_PATH_PATTERN_H
#define POLICY_PATH_PATTERN_H

#include <stdbool.h>

#include "policy/diag.h"

/*
 * Patterns of GrantOpenPath and GrantListenPath: '?' is one byte but '/', '*'
 * any number of bytes but '/', "**" any number of bytes.  Everything else is
 * itself, and the whole path has to match.
 */
bool path_pattern_matches(const char *pattern, const char *path);

/*
 * Absolute, and without "//", "." and "..", and no '/' at its end: then its
 * text says where it leads, but for links.
 */
bool path_is_plain(const char *path);

/* A pattern has to be a plain path.  Returns 0 or -EINVAL with words. */
int path_pattern_check(const char *pattern, struct diag *reterr);

#endif
