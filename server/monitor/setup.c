/* What the session is told of the configuration: how to speak SSH. */
#include "server/monitor/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/public_key.h"
#include "server/limits.h"
#include "server/log/log.h"
#include "server/monitor/session_link.h"

#define LIST_MAX 4096 /* bytes of a comma list of algorithms */
#define IDENTIFICATION "Portcullis_" PORTCULLIS_VERSION
#define IDENTIFICATION_MAX 246 /* RFC 4253 4.2: 255, "SSH-2.0-" and CR LF */

/* The keywords go as far as the processes do. */
_Static_assert(POLICY_FORWARDS_MAX == LIMIT_FORWARDS, "MaxForwards");
_Static_assert(POLICY_LISTENERS_MAX == LIMIT_LISTENERS, "MaxListeners");

typedef bool wanted_fn(const struct connection *c, const char *name);

static bool
is_any(const struct connection *c, const char *name)
{
    (void)c;
    (void)name;
    return true;
}

/* Only algorithms that one of our keys can do are offered. */
static bool
has_key_for(const struct connection *c, const char *algorithm)
{
    for (size_t i = 0; i < HOST_KEY_TYPE_COUNT; i++) {
        const struct host_key *key = c->keys.list[i];

        if (key != NULL && public_key_suits(host_key_blob(key), algorithm)) {
            return true;
        }
    }
    return false;
}

/* "a,b,c", or -ENOBUFS. */
static int
join(const struct connection *c, const struct texts_setting *list,
     wanted_fn *wanted, char out[LIST_MAX])
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->list[i].text;
        size_t size = strlen(text);

        if (!wanted(c, text)) {
            continue;
        }
        if (used + size + 2 > LIST_MAX) {
            return -ENOBUFS;
        }
        if (used > 0) {
            out[used++] = ',';
        }
        memcpy(out + used, text, size + 1);
        used += size;
    }
    return 0;
}

static struct wire_bytes
blob_of(const struct connection *c, enum host_key_type type)
{
    const struct host_key *key = host_keys_get(&c->keys, type);

    return key == NULL ? (struct wire_bytes){0} : host_key_blob(key);
}

struct lists {
    char kex[LIST_MAX], ciphers[LIST_MAX], macs[LIST_MAX];
    char host_keys[LIST_MAX], signatures[LIST_MAX];
};

static int
fill_lists(const struct connection *c, struct lists *l)
{
    const struct settings *s = c->settings;

    if (join(c, &s->kex_algorithms, is_any, l->kex) < 0 ||
        join(c, &s->ciphers, is_any, l->ciphers) < 0 ||
        join(c, &s->macs, is_any, l->macs) < 0 ||
        join(c, &s->host_key_algorithms, has_key_for, l->host_keys) < 0 ||
        join(c, &s->pubkey_accepted_algorithms, is_any, l->signatures) < 0) {
        return -ENOBUFS;
    }
    return 0;
}

static void
identify(const struct settings *s, char out[IDENTIFICATION_MAX])
{
    const char *addendum = s->version_addendum.value;

    snprintf(out, IDENTIFICATION_MAX, "%s%s%s", IDENTIFICATION,
             addendum == NULL ? "" : " ", addendum == NULL ? "" : addendum);
}

int
setup_send(struct connection *c)
{
    const struct rekey_setting *rekey = &c->settings->rekey_limit;
    char identification[IDENTIFICATION_MAX];
    struct lists *l = calloc(1, sizeof(*l));
    struct msg_setup m = {
        .identification = identification,
        .rekey_bytes = rekey->bytes,
        .rekey_seconds =
            rekey->seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)rekey->seconds,
        .max_channels = (uint32_t)policy_highest_forwards(c->policy)->value +
                        LIMIT_CONSOLES,
        .window_ceiling = (uint32_t)policy_highest_windows(c->policy)->total,
        .compression = c->settings->compression.value != 0,
        .rsa = blob_of(c, HOST_KEY_RSA),
        .ecdsa = blob_of(c, HOST_KEY_ECDSA),
        .ed25519 = blob_of(c, HOST_KEY_ED25519),
    };
    int r = l == NULL ? -ENOMEM : fill_lists(c, l);

    if (r < 0) {
        free(l);
        return r;
    }
    identify(c->settings, identification);
    m.kex = l->kex;
    m.ciphers = l->ciphers;
    m.macs = l->macs;
    m.host_key_algorithms = l->host_keys;
    m.signature_algorithms = l->signatures;
    connection_send(c, MSG_SETUP, &m, -1);
    free(l);
    return 0;
}
