#ifndef SERVER_AUTH_TOKENS_H
#define SERVER_AUTH_TOKENS_H

#include <limits.h>

#include "policy/diag.h"
#include "server/auth/keys_file.h"

/*
 * The path that an entry of AuthorizedKeysFile means for account: %h (home),
 * %u (name), %U (uid) and %% are replaced; what is not absolute then is below
 * the home directory.
 *
 * Returns 0; -EINVAL (another token, or a single % at the end) or
 * -ENAMETOOLONG with words in *reterr; out is then undefined.
 */
int tokens_expand(const char *text, const struct keys_account *account,
                  char out[PATH_MAX], struct diag *reterr);

#endif
