#ifndef POLICY_ALGORITHMS_H
#define POLICY_ALGORITHMS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/arena.h"
#include "policy/diag.h"
#include "policy/settings.h"

/* A name that OpenSSH knows, and what we can do about it. */
struct algorithm {
    const char *name;
    bool implemented;
};

/* One family of names, in OpenSSH's order. */
struct algorithm_kind {
    const char *noun; /* sshd's words: "cipher spec", "key types" */
    bool globs;       /* plain, + and ^ lists may hold patterns */
    const struct algorithm *list;
    size_t count;
    bool plain; /* certificates do not count */
};

extern const struct algorithm_kind algorithms_kex;
extern const struct algorithm_kind algorithms_ciphers;
extern const struct algorithm_kind algorithms_macs;
extern const struct algorithm_kind algorithms_keys;
extern const struct algorithm_kind algorithms_ca; /* CASignatureAlgorithms */

/* What a list came to. */
struct algorithm_choice {
    const char *const *names; /* implemented only, no duplicates, in order */
    size_t count;
    char dropped[200]; /* known to OpenSSH, asked for by name, not ours */
};

/*
 * Expand "a,b", "+a", "-pattern" or "^a" against the names of dflt (a plain
 * comma list).  Names nobody knows are refused, names that only OpenSSH has
 * are dropped and told in ret->dropped.
 * Returns 0, -EINVAL (*reterr has sshd's words) or -ENOMEM.
 */
int algorithms_expand(const struct algorithm_kind *kind, const char *text,
                      const char *dflt, struct arena *arena,
                      struct algorithm_choice *ret, struct diag *reterr);

#endif
