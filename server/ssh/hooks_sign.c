/* libssh signs with host keys that are not here: the wraps for that. */
#include <openssl/evp.h>
#include <string.h>

#include "server/ipc/host_key_type.h"
#include "server/ssh/hooks.h"

int __real_EVP_DigestSign(EVP_MD_CTX *, unsigned char *, size_t *,
                          const unsigned char *, size_t);
EVP_PKEY *__real_EVP_PKEY_new_raw_private_key(int, ENGINE *,
                                              const unsigned char *, size_t);

int __wrap_EVP_DigestSign(EVP_MD_CTX *, unsigned char *, size_t *,
                          const unsigned char *, size_t);
EVP_PKEY *__wrap_EVP_PKEY_new_raw_private_key(int, ENGINE *,
                                              const unsigned char *, size_t);

static struct {
    hook_sign_fn *sign;
    void *sign_arg;
    uint8_t ed25519[32];
    bool has_ed25519;
} holder;

void
hooks_set_sign(hook_sign_fn *sign, void *arg)
{
    holder.sign = sign;
    holder.sign_arg = arg;
}

void
hooks_set_ed25519(const uint8_t public_key[32])
{
    memcpy(holder.ed25519, public_key, sizeof(holder.ed25519));
    holder.has_ed25519 = true;
}

static uint8_t
key_type_of(EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return HOST_KEY_RSA;
    case EVP_PKEY_EC:
        return HOST_KEY_ECDSA;
    case EVP_PKEY_ED25519:
        return HOST_KEY_ED25519;
    default:
        return HOST_KEY_NONE;
    }
}

/* Everything that libssh signs is an exchange hash, with a key we have not. */
int
__wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *siglen,
                      const unsigned char *data, size_t size)
{
    EVP_PKEY *key = EVP_PKEY_CTX_get0_pkey(EVP_MD_CTX_get_pkey_ctx(ctx));
    const EVP_MD *md = EVP_MD_CTX_get0_md(ctx);
    const struct wire_bytes hash = {.data = data, .size = size};
    uint8_t type;

    if (key == NULL) {
        return 0;
    }
    if (sig == NULL) {
        *siglen = (size_t)EVP_PKEY_get_size(key);
        return 1;
    }
    hooks_hit(HOOK_SIGN);
    type = key_type_of(key);
    if (holder.sign == NULL || type == HOST_KEY_NONE) {
        return 0;
    }
    return holder.sign(holder.sign_arg, type,
                       md == NULL || type == HOST_KEY_ED25519
                           ? 0
                           : (uint32_t)EVP_MD_get_type(md),
                       hash, sig, siglen)
               ? 1
               : 0;
}

EVP_PKEY *
__wrap_EVP_PKEY_new_raw_private_key(int type, ENGINE *engine,
                                    const unsigned char *key, size_t size)
{
    if (type == EVP_PKEY_ED25519 && holder.has_ed25519) {
        return EVP_PKEY_new_raw_public_key(type, engine, holder.ed25519,
                                           sizeof(holder.ed25519));
    }
    return __real_EVP_PKEY_new_raw_private_key(type, engine, key, size);
}
