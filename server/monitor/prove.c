/* Proofs for UpdateHostKeys, OpenSSH's PROTOCOL section 2.5. */
#include "server/monitor/prove.h"

#include <errno.h>
#include <string.h>

#include "server/auth/public_key.h"
#include "server/log/log.h"

#define SIGNED_MAX (PUBLIC_KEY_BLOB_MAX + SIGN_HASH_MAX + 64)

/* Ours, and nobody else's. */
static const struct host_key *
find_key(const struct host_keys *keys, struct wire_bytes blob)
{
    for (unsigned type = 0; type < HOST_KEY_TYPE_COUNT; type++) {
        const struct host_key *key = host_keys_get(keys, type);

        if (key != NULL && blob.data != NULL &&
            host_key_blob(key).size == blob.size &&
            memcmp(host_key_blob(key).data, blob.data, blob.size) == 0) {
            return key;
        }
    }
    return NULL;
}

/* The session id is our own record, so nothing else can be signed here. */
static int
prove_key(struct connection *c, const struct host_key *key,
          struct wire_out *list)
{
    const struct signer *s = &c->signer;
    uint8_t data[SIGNED_MAX], signature[HOST_KEY_SIGNATURE_MAX];
    struct wire_out w = wire_into(data, sizeof(data));
    size_t size = sizeof(signature);
    int r = 0;

    wire_put_text(&w, "hostkeys-prove-00@openssh.com");
    wire_put_string(&w, s->session_id, s->session_id_size);
    wire_put_string(&w, host_key_blob(key).data, host_key_blob(key).size);
    if (wire_out_size(&w) < 0) {
        return -EMSGSIZE;
    }
    r = host_key_sign_ssh(key, data, w.used, signature, &size);
    wire_put_string(list, signature, r == 0 ? size : 0);
    return r;
}

static int
prove_all(struct connection *c, struct wire_bytes blobs, struct wire_out *list)
{
    struct wire w = wire_over(blobs.data, blobs.size);
    int r = 0;

    for (int i = 0; r == 0 && w.p < w.end; i++) {
        const struct host_key *key = find_key(&c->keys, wire_string(&w));

        if (key == NULL || i >= LIMIT_PROOFS) {
            return -EINVAL;
        }
        if (signer_count(&c->signer, uv_now(&c->loop)) > 0) {
            return -EAGAIN;
        }
        r = prove_key(c, key, list);
    }
    return r < 0 || list->bad ? -EINVAL : 0;
}

void
prove(struct connection *c, const struct msg_prove *m)
{
    struct msg_prove answer = {.id = m->id};
    uint8_t bytes[LIMIT_PROOFS * (HOST_KEY_SIGNATURE_MAX + 4)];
    struct wire_out list = wire_into(bytes, sizeof(bytes));
    int r = prove_all(c, m->list, &list);

    if (r < 0) {
        log_line(LOG_LEVEL_DEBUG1, "host keys are not proven: %s",
                 strerror(-r));
    } else {
        answer.list = (struct wire_bytes){bytes, list.used};
    }
    connection_send(c, MSG_PROVED, &answer, -1);
}
