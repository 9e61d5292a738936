/* Private host keys: they live in the monitor and nowhere else. */
#include "server/auth/host_key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/curve.h"
#include "server/auth/evp_key.h"
#include "server/auth/openssh_key.h"
#include "server/auth/public_key.h"

#define HOST_KEY_BYTES_MAX                                                     \
    ((size_t)64 << 10) /* of a file; 16384 bit RSA: 13 K */

/* Once made: pkey has a private part, blob is its public one. */
struct host_key {
    EVP_PKEY *pkey;
    enum host_key_type type;
    const struct curve *curve; /* HOST_KEY_ECDSA only */
    size_t blob_size;
    uint8_t blob[PUBLIC_KEY_BLOB_MAX];
};

/* Never answers, but remembers that the question was asked. */
static int
on_passphrase(char *out, int size, int writing, void *arg)
{
    bool *asked = arg;

    (void)out;
    (void)size;
    (void)writing;
    *asked = true;
    return -1;
}

static int
read_pem(const void *text, size_t size, EVP_PKEY **ret, struct diag *reterr)
{
    BIO *bio = BIO_new_mem_buf(text, (int)size);
    bool asked = false;

    if (bio == NULL) {
        return diag_fail(reterr, -ENOMEM, "out of memory");
    }
    *ret = PEM_read_bio_PrivateKey_ex(bio, NULL, on_passphrase, &asked, NULL,
                                      NULL);
    BIO_free(bio);
    if (*ret != NULL) {
        return 0;
    }
    return asked ? diag_fail(reterr, -EACCES, "encrypted with a passphrase")
                 : diag_fail(reterr, -EINVAL, "invalid format");
}

static bool
put_ed25519(struct wire_out *w, const EVP_PKEY *pkey)
{
    uint8_t public[32];
    size_t size = sizeof(public);

    if (EVP_PKEY_get_raw_public_key(pkey, public, &size) != 1) {
        return false;
    }
    wire_put_text(w, "ssh-ed25519");
    wire_put_string(w, public, size);
    return true;
}

/* Coordinates, not the point: its form would depend on the file's. */
static bool
put_ecdsa(struct wire_out *w, const EVP_PKEY *pkey, const struct curve *curve)
{
    uint8_t point[1 + 2 * CURVE_FIELD_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    int field = (int)curve->field_bytes;
    BIGNUM *x = NULL;
    BIGNUM *y = NULL;
    bool good = false;

    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
        BN_bn2binpad(x, point + 1, field) == field &&
        BN_bn2binpad(y, point + 1 + field, field) == field) {
        wire_put_text(w, curve->key_type);
        wire_put_text(w, curve->name);
        wire_put_string(w, point, 1 + 2 * curve->field_bytes);
        good = true;
    }
    BN_free(x);
    BN_free(y);
    return good;
}

static bool
put_rsa(struct wire_out *w, const EVP_PKEY *pkey)
{
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    bool good = false;

    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1) {
        wire_put_text(w, "ssh-rsa");
        evp_key_put_mpint(w, e);
        evp_key_put_mpint(w, n);
        good = true;
    }
    BN_free(n);
    BN_free(e);
    return good;
}

/* Does the private number belong to the public point? */
static bool
is_pair(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

static int
adopt_ecdsa(struct host_key *key, struct diag *reterr)
{
    char group[64] = "";

    EVP_PKEY_get_group_name(key->pkey, group, sizeof(group), NULL);
    key->type = HOST_KEY_ECDSA;
    key->curve = curve_by_group(group);
    if (key->curve == NULL) {
        return diag_fail(reterr, -ENOTSUP, "curve %.40s is not supported",
                         group[0] == '\0' ? "without a name" : group);
    }
    if (!is_pair(key->pkey)) {
        return diag_fail(reterr, -EINVAL,
                         "private and public part do not belong together");
    }
    return 0;
}

static int
adopt_rsa(struct host_key *key, unsigned min_bits, struct diag *reterr)
{
    unsigned bits = (unsigned)EVP_PKEY_get_bits(key->pkey);

    key->type = HOST_KEY_RSA;
    if (bits < min_bits || bits > RSA_BITS_MAX) {
        return diag_fail(reterr, -EINVAL,
                         "RSA key of %u bits, where %u to %u are allowed", bits,
                         min_bits, RSA_BITS_MAX);
    }
    return 0;
}

/* Find out what pkey is. */
static int
adopt(struct host_key *key, unsigned min_rsa_bits, struct diag *reterr)
{
    switch (EVP_PKEY_get_base_id(key->pkey)) {
    case EVP_PKEY_ED25519:
        key->type = HOST_KEY_ED25519;
        return 0;
    case EVP_PKEY_EC:
        return adopt_ecdsa(key, reterr);
    case EVP_PKEY_RSA:
        return adopt_rsa(key, min_rsa_bits, reterr);
    default:
        return diag_fail(reterr, -ENOTSUP, "key type is not supported");
    }
}

static bool
put_key(struct wire_out *w, const struct host_key *key)
{
    switch (key->type) {
    case HOST_KEY_RSA:
        return put_rsa(w, key->pkey);
    case HOST_KEY_ECDSA:
        return put_ecdsa(w, key->pkey, key->curve);
    case HOST_KEY_ED25519:
        return put_ed25519(w, key->pkey);
    case HOST_KEY_NONE:
    case HOST_KEY_TYPE_COUNT:
        break;
    }
    return false;
}

static int
fill_blob(struct host_key *key, struct diag *reterr)
{
    struct wire_out w = wire_into(key->blob, sizeof(key->blob));

    if (!put_key(&w, key) || wire_out_size(&w) < 0) {
        return diag_fail(reterr, -EINVAL, "has no usable public part");
    }
    key->blob_size = w.used;
    return 0;
}

int
host_key_new(const void *text, size_t size, unsigned min_rsa_bits,
             struct host_key **ret, struct diag *reterr)
{
    struct host_key *key = NULL;
    int r = 0;

    if (size > HOST_KEY_BYTES_MAX) {
        return diag_fail(reterr, -EINVAL, "file is larger than %zu bytes",
                         HOST_KEY_BYTES_MAX);
    }
    key = calloc(1, sizeof(*key));
    if (key == NULL) {
        return diag_fail(reterr, -ENOMEM, "out of memory");
    }
    if (openssh_key_is(text, size)) {
        r = openssh_key_read(text, size, &key->pkey, reterr);
    } else {
        r = read_pem(text, size, &key->pkey, reterr);
    }
    if (r == 0) {
        r = adopt(key, min_rsa_bits, reterr);
    }
    if (r == 0) {
        r = fill_blob(key, reterr);
    }
    ERR_clear_error();
    if (r < 0) {
        host_key_free(key);
        return r;
    }
    *ret = key;
    return 0;
}

void
host_key_free(struct host_key *key)
{
    if (key == NULL) {
        return;
    }
    EVP_PKEY_free(key->pkey); /* libcrypto wipes the private numbers */
    free(key);
}

enum host_key_type
host_key_type(const struct host_key *key)
{
    return key->type;
}

struct wire_bytes
host_key_blob(const struct host_key *key)
{
    return (struct wire_bytes){.data = key->blob, .size = key->blob_size};
}

/* Only the hashes of the signature algorithms that we offer. */
static bool
digest_suits(const struct host_key *key, int nid)
{
    switch (key->type) {
    case HOST_KEY_RSA:
        return nid == NID_sha256 || nid == NID_sha512;
    case HOST_KEY_ECDSA:
        return nid == key->curve->digest_nid;
    case HOST_KEY_ED25519:
        return nid == 0;
    case HOST_KEY_NONE:
    case HOST_KEY_TYPE_COUNT:
        break;
    }
    return false;
}

int
host_key_sign(const struct host_key *key, int digest_nid, const void *data,
              size_t size, uint8_t *ret, size_t *ret_size)
{
    EVP_MD_CTX *ctx = NULL;
    const char *digest = NULL;
    bool good = false;

    if (!digest_suits(key, digest_nid)) {
        return -EINVAL;
    }
    digest = digest_nid == 0 ? NULL : OBJ_nid2sn(digest_nid);
    ctx = EVP_MD_CTX_new();
    good = ctx != NULL &&
           EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key->pkey,
                                 NULL) == 1 &&
           EVP_DigestSign(ctx, ret, ret_size, data, size) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good ? 0 : -EINVAL;
}

static int
digest_for(const struct host_key *key)
{
    switch (key->type) {
    case HOST_KEY_RSA:
        return NID_sha512;
    case HOST_KEY_ECDSA:
        return key->curve->digest_nid;
    case HOST_KEY_ED25519:
    case HOST_KEY_NONE:
    case HOST_KEY_TYPE_COUNT:
        break;
    }
    return 0;
}

static const char *
algorithm_for(const struct host_key *key)
{
    if (key->type == HOST_KEY_RSA) {
        return "rsa-sha2-512";
    }
    return key->type == HOST_KEY_ECDSA ? key->curve->key_type : "ssh-ed25519";
}

/* RFC 5656 section 3.1.2: two numbers, where libcrypto has DER. */
static bool
put_der_as_mpints(struct wire_out *w, const uint8_t *der, size_t size)
{
    uint8_t bytes[2 * (CURVE_FIELD_MAX + 5)];
    struct wire_out pair = wire_into(bytes, sizeof(bytes));
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)size);

    if (sig == NULL) {
        return false;
    }
    evp_key_put_mpint(&pair, ECDSA_SIG_get0_r(sig));
    evp_key_put_mpint(&pair, ECDSA_SIG_get0_s(sig));
    ECDSA_SIG_free(sig);
    wire_put_string(w, bytes, pair.used);
    return !pair.bad;
}

int
host_key_sign_ssh(const struct host_key *key, const void *data, size_t size,
                  uint8_t *ret, size_t *ret_size)
{
    uint8_t raw[HOST_KEY_SIGNATURE_MAX];
    size_t raw_size = sizeof(raw);
    struct wire_out w = wire_into(ret, *ret_size);
    int r = host_key_sign(key, digest_for(key), data, size, raw, &raw_size);

    if (r < 0) {
        return r;
    }
    wire_put_text(&w, algorithm_for(key));
    if (key->type != HOST_KEY_ECDSA) {
        wire_put_string(&w, raw, raw_size);
    } else if (!put_der_as_mpints(&w, raw, raw_size)) {
        return -EINVAL;
    }
    if (wire_out_size(&w) < 0) {
        return -EINVAL;
    }
    *ret_size = w.used;
    return 0;
}
