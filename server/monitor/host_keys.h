#ifndef SERVER_MONITOR_HOST_KEYS_H
#define SERVER_MONITOR_HOST_KEYS_H

#include <stddef.h>

#include "server/auth/host_key.h"
#include "server/ipc/bundle.h"

/* One private key a family; the first that loads wins, as the client sees
 * only one. */
struct host_keys {
    struct host_key *list[HOST_KEY_TYPE_COUNT]; /* by enum host_key_type */
    size_t count;
};

/* A key that is not usable, and why. */
typedef void host_keys_bad_fn(void *arg, const struct bundle_host_key *key,
                              const struct diag *why);

/* Load the bundle's keys.  Returns how many families there are. */
size_t host_keys_load(const struct bundle *bundle, host_keys_bad_fn *bad,
                      void *arg, struct host_keys *ret);
void host_keys_done(struct host_keys *keys);

/* NULL when there is no such key; type may be any number. */
const struct host_key *host_keys_get(const struct host_keys *keys,
                                     unsigned type);

#endif
