/*
 * The link for calls: the session blocks until its exchange hash is signed.
 * A hash that comes faster than the ration waits here; a second one while it
 * waits is a breach.
 */
#include "server/monitor/sign_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fd.h"

#define SIGNATURE_MAX 4096 /* bytes; RSA with 16384 bits needs 2048 */

struct sign_call {
    struct connection *c;
    struct uvlink *link;
    uv_timer_t timer;
    bool is_waiting;
    uint8_t key;
    uint32_t digest;
    uint8_t hash[SIGN_HASH_MAX];
    size_t size;
};

static void answer(struct sign_call *s);

static void
sign(struct sign_call *s)
{
    const struct host_key *key = host_keys_get(&s->c->keys, s->key);
    uint8_t signature[SIGNATURE_MAX];
    size_t size = sizeof(signature);
    struct msg_signed m = {0};

    s->is_waiting = false;
    if (key == NULL || host_key_sign(key, (int)s->digest, s->hash, s->size,
                                     signature, &size) < 0) {
        connection_breach(s->c, "signature with a key that we do not have");
        return;
    }
    if (s->c->signer.host_key == HOST_KEY_NONE) {
        s->c->signer.host_key = s->key;
    }
    m.signature = (struct wire_bytes){signature, size};
    uvlink_send(s->link, MSG_SIGNED, &m, -1);
}

static void
on_timer(uv_timer_t *timer)
{
    answer(timer->data);
}

static void
answer(struct sign_call *s)
{
    uint64_t now = uv_now(&s->c->loop);
    long wait = signer_take(&s->c->signer, s->hash, s->size, now);

    if (wait < 0) {
        connection_breach(s->c, "signature that is not due");
        return;
    }
    if (wait > 0) {
        uv_timer_start(&s->timer, on_timer, (uint64_t)wait, 0);
        return;
    }
    sign(s);
}

static void
on_message(void *arg, struct frame *f)
{
    struct sign_call *s = arg;
    struct msg_sign m;

    if (frame_decode(f, &m) < 0 || s->is_waiting ||
        !sign_size_is_hash(m.hash.size)) {
        connection_breach(s->c, "malformed call from the session");
        return;
    }
    s->is_waiting = true;
    s->key = m.key;
    s->digest = m.digest;
    s->size = m.hash.size;
    memcpy(s->hash, m.hash.data, m.hash.size);
    answer(s);
}

static void
on_end(void *arg, int why)
{
    struct sign_call *s = arg;

    /* End of file: the other link says it too, after its last messages. */
    if (why != -EPIPE) {
        connection_breach(s->c, "unexpected call from the session");
    }
}

int
sign_call_new(struct connection *c, int link, struct sign_call **ret)
{
    struct sign_call *s = calloc(1, sizeof(*s));
    int r = 0;

    if (s == NULL) {
        fd_close(&link);
        return -ENOMEM;
    }
    s->c = c;
    s->timer.data = s;
    *ret = s;
    r = uv_timer_init(&c->loop, &s->timer);
    if (r < 0) {
        fd_close(&link);
        return r;
    }
    return uvlink_new(&c->loop, link, ROUTE_SYNC_TO_MONITOR, on_message, on_end,
                      s, &s->link);
}

void
sign_call_ready(struct sign_call *s)
{
    uvlink_set_phase(s->link, PHASE_READY);
    signer_login(&s->c->signer, uv_now(&s->c->loop));
}

void
sign_call_close(struct sign_call *s)
{
    if (s == NULL) {
        return;
    }
    uv_timer_stop(&s->timer);
    uvlink_close(s->link);
    s->link = NULL;
}

void
sign_call_free(struct sign_call *s)
{
    free(s);
}
