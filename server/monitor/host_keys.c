/* The host keys of this connection's monitor: nobody else has them. */
#include "server/monitor/host_keys.h"

#include "server/limits.h"

size_t
host_keys_load(const struct bundle *bundle, host_keys_bad_fn *bad, void *arg,
               struct host_keys *ret)
{
    *ret = (struct host_keys){0};
    for (size_t i = 0; i < bundle->host_key_count; i++) {
        const struct bundle_host_key *k = &bundle->host_keys[i];
        struct host_key *key = NULL;
        struct diag why = {0};
        enum host_key_type type = HOST_KEY_NONE;

        if (host_key_new(k->text.data, k->text.size, LIMIT_RSA_BITS_MIN, &key,
                         &why) < 0) {
            bad(arg, k, &why);
            continue;
        }
        type = host_key_type(key);
        if (ret->list[type] != NULL) {
            host_key_free(key);
            continue;
        }
        ret->list[type] = key;
        ret->count++;
    }
    return ret->count;
}

void
host_keys_done(struct host_keys *keys)
{
    for (size_t i = 0; i < HOST_KEY_TYPE_COUNT; i++) {
        host_key_free(keys->list[i]);
    }
    *keys = (struct host_keys){0};
}

const struct host_key *
host_keys_get(const struct host_keys *keys, unsigned type)
{
    return type < HOST_KEY_TYPE_COUNT ? keys->list[type] : NULL;
}
