/*
 * Users' signatures.  The key comes from a file that we trust, the signature
 * and the data from whoever is on the other side.
 */
#include "server/auth/public_key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "server/auth/curve.h"
#include "server/auth/evp_key.h"

#define ED25519_KEY_BYTES 32
#define ED25519_SIGNATURE_BYTES 64
/* DER of two numbers of 66 bytes, with room for signs and lengths. */
#define ECDSA_DER_MAX (2 * (CURVE_FIELD_MAX + 8) + 8)

/* What a signature algorithm is made of. */
struct algorithm {
    const char *name;     /* in the request and in the signature */
    const char *key_type; /* in the key */
    const char *digest;   /* NULL: the algorithm brings its own */
};

static const struct algorithm algorithms[] = {
    {"ssh-ed25519", "ssh-ed25519", NULL},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", "SHA256"},
    {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", "SHA384"},
    {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", "SHA512"},
    {"rsa-sha2-512", "ssh-rsa", "SHA512"},
    {"rsa-sha2-256", "ssh-rsa", "SHA256"},
};

static struct wire_bytes
key_type(struct wire_bytes blob)
{
    struct wire w = wire_over(blob.data, blob.size);

    return wire_string(&w);
}

static const struct algorithm *
find_algorithm(struct wire_bytes blob, const char *name)
{
    struct wire_bytes type = key_type(blob);

    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (strcmp(name, algorithms[i].name) == 0 &&
            wire_bytes_are(type, algorithms[i].key_type)) {
            return &algorithms[i];
        }
    }
    return NULL;
}

bool
public_key_suits(struct wire_bytes blob, const char *algorithm)
{
    return find_algorithm(blob, algorithm) != NULL;
}

static EVP_PKEY *
read_ed25519(struct wire *w)
{
    struct wire_bytes key = wire_string(w);

    if (wire_done(w) < 0 || key.size != ED25519_KEY_BYTES) {
        return NULL;
    }
    return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, key.data,
                                          key.size);
}

/* libcrypto checks that the point is on the curve. */
static EVP_PKEY *
read_ecdsa(struct wire *w, const struct curve *curve)
{
    struct wire_bytes name = wire_string(w);
    struct wire_bytes point = wire_string(w);
    OSSL_PARAM_BLD *params = NULL;
    EVP_PKEY *key = NULL;

    if (wire_done(w) < 0 || !wire_bytes_are(name, curve->name) ||
        point.size != 1 + 2 * curve->field_bytes ||
        point.data[0] != POINT_CONVERSION_UNCOMPRESSED) {
        return NULL;
    }
    params = OSSL_PARAM_BLD_new();
    if (params != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(params, OSSL_PKEY_PARAM_GROUP_NAME,
                                        curve->group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(params, OSSL_PKEY_PARAM_PUB_KEY,
                                         point.data, point.size) == 1) {
        key = evp_key_build("EC", EVP_PKEY_PUBLIC_KEY, params);
    }
    OSSL_PARAM_BLD_free(params);
    return key;
}

static EVP_PKEY *
read_rsa(struct wire *w, unsigned min_bits)
{
    BIGNUM *e = evp_key_mpint(w, RSA_BITS_MAX, false);
    BIGNUM *n = evp_key_mpint(w, RSA_BITS_MAX, false);
    OSSL_PARAM_BLD *params = NULL;
    EVP_PKEY *key = NULL;

    if (wire_done(w) < 0 || e == NULL || n == NULL || BN_is_one(e) ||
        !BN_is_odd(e) || !BN_is_odd(n) || BN_num_bits(n) < (int)min_bits) {
        goto out;
    }
    params = OSSL_PARAM_BLD_new();
    if (params != NULL &&
        OSSL_PARAM_BLD_push_BN(params, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(params, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        key = evp_key_build("RSA", EVP_PKEY_PUBLIC_KEY, params);
    }
out:
    OSSL_PARAM_BLD_free(params);
    BN_free(e);
    BN_free(n);
    return key;
}

static EVP_PKEY *
read_key(struct wire_bytes blob, unsigned min_rsa_bits)
{
    struct wire w = wire_over(blob.data, blob.size);
    struct wire_bytes type = wire_string(&w);
    const struct curve *curve = curve_by_key_type(type);

    if (wire_bytes_are(type, "ssh-ed25519")) {
        return read_ed25519(&w);
    }
    if (curve != NULL) {
        return read_ecdsa(&w, curve);
    }
    return wire_bytes_are(type, "ssh-rsa") ? read_rsa(&w, min_rsa_bits) : NULL;
}

/* A signature in the form that EVP_DigestVerify() wants. */
struct raw_signature {
    uint8_t bytes[RSA_BITS_MAX / 8];
    size_t size;
};

_Static_assert(RSA_BITS_MAX / 8 >= ECDSA_DER_MAX, "every signature fits");

/* RFC 5656 3.1.2: two mpints; libcrypto wants DER. */
static int
convert_ecdsa(struct wire_bytes blob, struct raw_signature *ret)
{
    struct wire w = wire_over(blob.data, blob.size);
    BIGNUM *r = evp_key_mpint(&w, CURVE_FIELD_MAX * 8, false);
    BIGNUM *s = evp_key_mpint(&w, CURVE_FIELD_MAX * 8, false);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    uint8_t *p = ret->bytes;
    int result = -EINVAL;
    int size = 0;

    if (wire_done(&w) < 0 || r == NULL || s == NULL || sig == NULL) {
        goto out;
    }
    ECDSA_SIG_set0(sig, r, s); /* takes both */
    r = NULL;
    s = NULL;
    size = i2d_ECDSA_SIG(sig, &p);
    if (size > 0) {
        ret->size = (size_t)size;
        result = 0;
    }
out:
    ECDSA_SIG_free(sig);
    BN_free(r);
    BN_free(s);
    return result;
}

/* A signature shorter than the modulus lost its leading zeroes on the way. */
static int
convert_rsa(struct wire_bytes blob, size_t modulus, struct raw_signature *ret)
{
    if (blob.size == 0 || blob.size > modulus || modulus > sizeof(ret->bytes)) {
        return -EINVAL;
    }
    memset(ret->bytes, 0, modulus - blob.size);
    memcpy(ret->bytes + modulus - blob.size, blob.data, blob.size);
    ret->size = modulus;
    return 0;
}

static int
convert_ed25519(struct wire_bytes blob, struct raw_signature *ret)
{
    if (blob.size != ED25519_SIGNATURE_BYTES) {
        return -EINVAL;
    }
    memcpy(ret->bytes, blob.data, blob.size);
    ret->size = blob.size;
    return 0;
}

/* "string algorithm, string blob", where algorithm is the promised one. */
static int
read_signature(struct wire_bytes signature, const char *algorithm,
               EVP_PKEY *key, struct raw_signature *ret)
{
    struct wire w = wire_over(signature.data, signature.size);
    struct wire_bytes name = wire_string(&w);
    struct wire_bytes blob = wire_string(&w);

    if (wire_done(&w) < 0 || !wire_bytes_are(name, algorithm)) {
        return -EINVAL;
    }
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
        return convert_ed25519(blob, ret);
    case EVP_PKEY_EC:
        return convert_ecdsa(blob, ret);
    case EVP_PKEY_RSA:
        return convert_rsa(blob, (size_t)EVP_PKEY_get_size(key), ret);
    default:
        return -EINVAL;
    }
}

static int
verify(EVP_PKEY *key, const char *digest, const struct raw_signature *sig,
       const void *data, size_t size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL &&
                EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key,
                                        NULL) == 1 &&
                EVP_DigestVerify(ctx, sig->bytes, sig->size, data, size) == 1;

    EVP_MD_CTX_free(ctx);
    return good ? 0 : -EKEYREJECTED;
}

int
public_key_verify(struct wire_bytes blob, struct wire_bytes signature,
                  const char *algorithm, unsigned min_rsa_bits,
                  const void *data, size_t size)
{
    const struct algorithm *how = find_algorithm(blob, algorithm);
    struct raw_signature raw = {.size = 0};
    EVP_PKEY *key = NULL;
    int r = -EINVAL;

    if (how == NULL || blob.size > PUBLIC_KEY_BLOB_MAX) {
        return -EINVAL;
    }
    key = read_key(blob, min_rsa_bits);
    if (key != NULL) {
        r = read_signature(signature, algorithm, key, &raw);
    }
    if (r == 0) {
        r = verify(key, how->digest, &raw, data, size);
    }
    EVP_PKEY_free(key);
    ERR_clear_error();
    return r;
}

const char *
public_key_word(struct wire_bytes blob)
{
    static const struct {
        const char *type, *word;
    } words[] = {
        {"ssh-ed25519", "ED25519"},
        {"ssh-ed25519-cert-v01@openssh.com", "ED25519-CERT"},
        {"sk-ssh-ed25519@openssh.com", "ED25519-SK"},
        {"sk-ssh-ed25519-cert-v01@openssh.com", "ED25519-SK-CERT"},
        {"ecdsa-sha2-nistp256", "ECDSA"},
        {"ecdsa-sha2-nistp256-cert-v01@openssh.com", "ECDSA-CERT"},
        {"ecdsa-sha2-nistp384", "ECDSA"},
        {"ecdsa-sha2-nistp384-cert-v01@openssh.com", "ECDSA-CERT"},
        {"ecdsa-sha2-nistp521", "ECDSA"},
        {"ecdsa-sha2-nistp521-cert-v01@openssh.com", "ECDSA-CERT"},
        {"sk-ecdsa-sha2-nistp256@openssh.com", "ECDSA-SK"},
        {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "ECDSA-SK-CERT"},
        {"ssh-rsa", "RSA"},
        {"ssh-rsa-cert-v01@openssh.com", "RSA-CERT"},
        {"ssh-dss", "DSA"},
        {"ssh-dss-cert-v01@openssh.com", "DSA-CERT"},
    };
    struct wire_bytes type = key_type(blob);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (wire_bytes_are(type, words[i].type)) {
            return words[i].word;
        }
    }
    return "unknown";
}

void
public_key_fingerprint(struct wire_bytes blob, char out[FINGERPRINT_MAX])
{
    static const char prefix[] = "SHA256:";
    uint8_t hash[SHA256_DIGEST_LENGTH] = {0};
    char *text = out + sizeof(prefix) - 1;

    memcpy(out, prefix, sizeof(prefix));
    if (blob.data == NULL || EVP_Q_digest(NULL, "SHA256", NULL, blob.data,
                                          blob.size, hash, NULL) != 1) {
        ERR_clear_error();
        return;
    }
    EVP_EncodeBlock((unsigned char *)text, hash, sizeof(hash));
    text[strcspn(text, "=")] = '\0';
}
