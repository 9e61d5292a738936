/* Public keys (RFC 4252 section 7): a question first, then a signature. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <netdb.h>

#include "server/log/log.h"
#include "server/monitor/login.h"

#define SIGNED_DATA_MAX (PUBLIC_KEY_BLOB_MAX + 4096)

static bool
is_accepted(const struct settings *s, const char *algorithm)
{
    const struct texts_setting *list = &s->pubkey_accepted_algorithms;

    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->list[i].text, algorithm) == 0) {
            return true;
        }
    }
    return false;
}

/* Is the request of a form that we look into at all? */
static bool
is_worth_looking(const struct login *l, const struct auth_request *r)
{
    return l->c->settings->pubkey_authentication.value != 0 &&
           r->blob.size <= PUBLIC_KEY_BLOB_MAX &&
           is_accepted(l->c->settings, r->algorithm) &&
           public_key_suits(r->blob, r->algorithm);
}

static void
describe_key(struct login *l, struct wire_bytes blob)
{
    char fingerprint[FINGERPRINT_MAX];

    public_key_fingerprint(blob, fingerprint);
    snprintf(l->key_words, sizeof(l->key_words), "%.31s %s",
             public_key_word(blob), fingerprint);
}

static void
on_note(void *arg, int level, const char *text)
{
    (void)arg;
    log_line((enum log_level)level, "%s", text);
}

static bool
find_key(struct login *l, const struct auth_request *r)
{
    const struct keys_account account = {
        .user = l->user->name,
        .home = l->user->home,
        .uid = l->user->uid,
        .gid = l->user->gid,
        .groups = l->user->groups,
        .group_count = l->user->group_count,
    };
    const struct keys_query query = {
        .account = &account,
        .settings = l->c->settings,
        .blob = r->blob,
        .host = l->c->peer.host,
        .address = l->c->peer.address,
        .now = time(NULL),
        .service = l->c->facts.service,
        .service_arg = l->c->facts.service_arg,
    };

    l->key = (struct keys_match){0};
    arena_free(l->arena);
    l->arena = arena_new();
    return l->arena != NULL &&
           keys_find(&query, l->arena, on_note, NULL, &l->key) == 0;
}

/* A hostbound signature names the key of ours that the client met. */
static bool
names_our_host_key(const struct login *l, const struct auth_request *r)
{
    const struct host_key *key =
        host_keys_get(&l->c->keys, l->c->signer.host_key);
    struct wire_bytes blob;

    if (key == NULL) {
        return false;
    }
    blob = host_key_blob(key);
    return r->host_key.size == blob.size &&
           memcmp(r->host_key.data, blob.data, blob.size) == 0;
}

/* The session id is our own record of the first key exchange. */
static bool
is_signed(struct login *l, const struct auth_request *r)
{
    const struct signer *s = &l->c->signer;
    uint8_t *data = malloc(SIGNED_DATA_MAX);
    long size = -1;
    bool ok = false;

    if (data == NULL || s->session_id_size == 0 ||
        (r->is_hostbound && !names_our_host_key(l, r))) {
        free(data);
        return false;
    }
    size = auth_request_signed_data(r, s->session_id, s->session_id_size, data,
                                    SIGNED_DATA_MAX);
    ok = size > 0 &&
         public_key_verify(l->key.blob, r->signature, r->algorithm,
                           LIMIT_RSA_BITS_MIN, data, (size_t)size) == 0;
    free(data);
    return ok;
}

static void
say_yes_to_query(struct login *l, const struct auth_request *r)
{
    const struct msg_auth_pk_ok m = {
        .algorithm = r->algorithm,
        .blob = r->blob,
    };

    login_log_postponed(l);
    l->state = LOGIN_IDLE;
    connection_send(l->c, MSG_AUTH_PK_OK, &m, -1);
}

void
login_publickey(struct login *l, const struct auth_request *r)
{
    if (!is_worth_looking(l, r)) {
        login_refuse(l);
        return;
    }
    describe_key(l, r->blob);
    l->c->outcome.is_attempted |= l->valid;
    if (!l->valid || !find_key(l, r)) {
        login_refuse(l);
        return;
    }
    if (!r->has_signature) {
        say_yes_to_query(l, r);
        return;
    }
    l->has_key = is_signed(l, r);
    if (!l->has_key) {
        login_refuse(l);
        return;
    }
    login_accept(l);
}
