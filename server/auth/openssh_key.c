/*
 * openssh-key-v1, the format that ssh-keygen writes.  Read here because
 * libcrypto cannot, and because this is quicker than its PEM decoders: each
 * connection reads every host key.
 */
#include "server/auth/openssh_key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/base64.h"
#include "server/auth/curve.h"
#include "server/auth/evp_key.h"

#define ED25519_SEED_BYTES 32
#define ED25519_PUBLIC_BYTES 32

static const char begin_line[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
static const char begin_crlf[] = "-----BEGIN OPENSSH PRIVATE KEY-----\r\n";
static const char end_line[] = "-----END OPENSSH PRIVATE KEY-----";
static const char magic[] = "openssh-key-v1"; /* with its NUL */

static bool
starts_with(const void *text, size_t size, const char *start)
{
    return size >= strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

bool
openssh_key_is(const void *text, size_t size)
{
    return starts_with(text, size, begin_line) ||
           starts_with(text, size, begin_crlf);
}

static int
malformed(struct diag *reterr)
{
    return diag_fail(reterr, -EINVAL, "invalid format");
}

/* Seed and public key in one string, the public key in another. */
static EVP_PKEY *
read_ed25519(struct wire *w)
{
    struct wire_bytes public = wire_string(w);
    struct wire_bytes private = wire_string(w);
    uint8_t derived[ED25519_PUBLIC_BYTES];
    size_t size = sizeof(derived);
    EVP_PKEY *key = NULL;

    if (w->bad || public.size != ED25519_PUBLIC_BYTES ||
        private.size != ED25519_SEED_BYTES + ED25519_PUBLIC_BYTES) {
        return NULL;
    }
    key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, private.data,
                                          ED25519_SEED_BYTES);
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, derived, &size) != 1 ||
        memcmp(derived, public.data, size) != 0 ||
        memcmp(derived, private.data + ED25519_SEED_BYTES, size) != 0) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* Whether the two parts agree is checked by the caller. */
static EVP_PKEY *
build_ecdsa(const struct curve *curve, struct wire_bytes point,
            const BIGNUM *secret)
{
    OSSL_PARAM_BLD *params = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (params != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(params, OSSL_PKEY_PARAM_GROUP_NAME,
                                        curve->group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(params, OSSL_PKEY_PARAM_PUB_KEY,
                                         point.data, point.size) == 1 &&
        OSSL_PARAM_BLD_push_BN(params, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1) {
        key = evp_key_build("EC", EVP_PKEY_KEYPAIR, params);
    }
    OSSL_PARAM_BLD_free(params);
    return key;
}

static EVP_PKEY *
read_ecdsa(struct wire *w, const struct curve *curve)
{
    struct wire_bytes name = wire_string(w);
    struct wire_bytes point = wire_string(w);
    BIGNUM *secret = evp_key_mpint(w, curve->field_bytes * 8, true);
    EVP_PKEY *key = NULL;

    if (!w->bad && secret != NULL && wire_bytes_are(name, curve->name) &&
        point.size == 1 + 2 * curve->field_bytes) {
        key = build_ecdsa(curve, point, secret);
    }
    BN_clear_free(secret);
    return key;
}

/* The numbers of an RSA key, in the order of the file, then two derived. */
enum rsa_number {
    RSA_N,
    RSA_E,
    RSA_D,
    RSA_IQMP,
    RSA_P,
    RSA_Q,
    RSA_READ_COUNT,
    RSA_DMP1 = RSA_READ_COUNT,
    RSA_DMQ1,
    RSA_COUNT,
};

static const char *const rsa_params[RSA_COUNT] = {
    [RSA_N] = OSSL_PKEY_PARAM_RSA_N,
    [RSA_E] = OSSL_PKEY_PARAM_RSA_E,
    [RSA_D] = OSSL_PKEY_PARAM_RSA_D,
    [RSA_IQMP] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    [RSA_P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
    [RSA_Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
    [RSA_DMP1] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
    [RSA_DMQ1] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
};

/*
 * *ret = d mod (prime - 1); false when it does not undo e there, or without
 * memory.
 */
static bool
derive_exponent(BIGNUM *const numbers[RSA_COUNT], const BIGNUM *prime,
                BN_CTX *ctx, BIGNUM **ret)
{
    BIGNUM *less = BN_secure_new();
    BIGNUM *product = BN_secure_new();
    BIGNUM *result = BN_secure_new();
    bool good = less != NULL && product != NULL && result != NULL &&
                BN_sub(less, prime, BN_value_one()) == 1 && !BN_is_zero(less);

    if (good) {
        BN_set_flags(numbers[RSA_D], BN_FLG_CONSTTIME);
        good = BN_mod(result, numbers[RSA_D], less, ctx) == 1 &&
               BN_mod_mul(product, result, numbers[RSA_E], less, ctx) == 1 &&
               BN_is_one(product);
    }
    BN_clear_free(less);
    BN_clear_free(product);
    *ret = result;
    return good;
}

/* Fill in what follows from the rest; false unless all numbers agree. */
static bool
complete_rsa(BIGNUM *numbers[RSA_COUNT])
{
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *product = BN_secure_new();
    bool good =
        ctx != NULL && product != NULL &&
        BN_mul(product, numbers[RSA_P], numbers[RSA_Q], ctx) == 1 &&
        BN_cmp(product, numbers[RSA_N]) == 0 && !BN_is_zero(product) &&
        derive_exponent(numbers, numbers[RSA_P], ctx, &numbers[RSA_DMP1]) &&
        derive_exponent(numbers, numbers[RSA_Q], ctx, &numbers[RSA_DMQ1]);

    BN_clear_free(product);
    BN_CTX_free(ctx);
    return good;
}

static EVP_PKEY *
build_rsa(BIGNUM *const numbers[RSA_COUNT])
{
    OSSL_PARAM_BLD *params = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    bool good = params != NULL;

    for (int i = 0; good && i < RSA_COUNT; i++) {
        good = OSSL_PARAM_BLD_push_BN(params, rsa_params[i], numbers[i]) == 1;
    }
    if (good) {
        key = evp_key_build("RSA", EVP_PKEY_KEYPAIR, params);
    }
    OSSL_PARAM_BLD_free(params);
    return key;
}

static EVP_PKEY *
read_rsa(struct wire *w)
{
    BIGNUM *numbers[RSA_COUNT] = {NULL};
    EVP_PKEY *key = NULL;
    bool good = true;

    for (int i = 0; good && i < RSA_READ_COUNT; i++) {
        numbers[i] = evp_key_mpint(w, RSA_BITS_MAX, i > RSA_E);
        good = numbers[i] != NULL;
    }
    if (good && complete_rsa(numbers)) {
        key = build_rsa(numbers);
    }
    for (int i = 0; i < RSA_COUNT; i++) {
        BN_clear_free(numbers[i]);
    }
    return key;
}

/* Bytes 1, 2, 3, ... up to the end. */
static bool
is_padding(struct wire *w)
{
    for (unsigned i = 1; w->p < w->end; i++) {
        if (wire_u8(w) != (i & 0xff)) {
            return false;
        }
    }
    return true;
}

static int
read_private(struct wire_bytes section, EVP_PKEY **ret, struct diag *reterr)
{
    struct wire w = wire_over(section.data, section.size);
    bool agree = wire_u32(&w) == wire_u32(&w);
    struct wire_bytes type = wire_string(&w);
    const struct curve *curve = curve_by_key_type(type);
    EVP_PKEY *key = NULL;

    if (!agree || w.bad) {
        return malformed(reterr);
    }
    if (wire_bytes_are(type, "ssh-ed25519")) {
        key = read_ed25519(&w);
    } else if (curve != NULL) {
        key = read_ecdsa(&w, curve);
    } else if (wire_bytes_are(type, "ssh-rsa")) {
        key = read_rsa(&w);
    } else {
        return diag_fail(reterr, -ENOTSUP, "key type %.*s is not supported",
                         type.size > 64 ? 64 : (int)type.size,
                         (const char *)type.data);
    }
    wire_string(&w); /* comment */
    if (key == NULL || w.bad || !is_padding(&w)) {
        EVP_PKEY_free(key);
        return malformed(reterr);
    }
    *ret = key;
    return 0;
}

static int
read_envelope(const uint8_t *data, size_t size, EVP_PKEY **ret,
              struct diag *reterr)
{
    struct wire w = wire_over(data, size);
    const uint8_t *start = wire_raw(&w, sizeof(magic));
    struct wire_bytes cipher = wire_string(&w);
    struct wire_bytes kdf = wire_string(&w);
    struct wire_bytes section = {0};
    uint32_t count = 0;

    wire_string(&w); /* options of the key derivation */
    count = wire_u32(&w);
    wire_string(&w); /* the public key, which the private part holds too */
    section = wire_string(&w);
    if (wire_done(&w) < 0 || memcmp(start, magic, sizeof(magic)) != 0 ||
        count != 1) {
        return malformed(reterr);
    }
    if (!wire_bytes_are(cipher, "none") || !wire_bytes_are(kdf, "none")) {
        return diag_fail(reterr, -EACCES, "encrypted with a passphrase");
    }
    return read_private(section, ret, reterr);
}

int
openssh_key_read(const void *text, size_t size, EVP_PKEY **ret,
                 struct diag *reterr)
{
    const char *body = (const char *)text + strlen(begin_line);
    size_t left = size - strlen(begin_line);
    const char *end = memmem(body, left, end_line, strlen(end_line));
    uint8_t *data = NULL;
    size_t used = 0;
    int r = 0;

    if (end == NULL) {
        return malformed(reterr);
    }
    data = malloc(left);
    if (data == NULL) {
        return diag_fail(reterr, -ENOMEM, "out of memory");
    }
    r = base64_decode(body, (size_t)(end - body), data, left, &used);
    if (r < 0) {
        r = malformed(reterr);
    } else {
        r = read_envelope(data, used, ret, reterr);
    }
    explicit_bzero(data, left);
    free(data);
    return r;
}
