/* What public and private keys share on their way into libcrypto. */
#include "server/auth/evp_key.h"

#include <openssl/params.h>
#include <string.h>

EVP_PKEY *
evp_key_build(const char *type, int selection, OSSL_PARAM_BLD *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *list = OSSL_PARAM_BLD_to_param(params);
    EVP_PKEY *key = NULL;

    if (ctx != NULL && list != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &key, selection, list) != 1) {
        key = NULL;
    }
    OSSL_PARAM_free(list);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

BIGNUM *
evp_key_mpint(struct wire *w, size_t max_bits, bool secret)
{
    struct wire_bytes bytes = wire_string(w);
    BIGNUM *number = NULL;

    if (bytes.data == NULL || bytes.size > max_bits / 8 + 2 ||
        (bytes.size > 0 && (bytes.data[0] & 0x80) != 0)) {
        return NULL;
    }
    number = secret ? BN_secure_new() : BN_new();
    if (number == NULL ||
        BN_bin2bn(bytes.data, (int)bytes.size, number) == NULL ||
        (size_t)BN_num_bits(number) > max_bits) {
        BN_clear_free(number);
        return NULL;
    }
    return number;
}

void
evp_key_put_mpint(struct wire_out *w, const BIGNUM *number)
{
    uint8_t bytes[RSA_BITS_MAX / 8 + 1] = {0};
    size_t size = (size_t)BN_num_bytes(number);
    bool sign = BN_num_bits(number) % 8 == 0 && size > 0;

    if (size >= sizeof(bytes)) {
        w->bad = true;
        return;
    }
    BN_bn2bin(number, bytes + 1);
    wire_put_string(w, sign ? bytes : bytes + 1, sign ? size + 1 : size);
}
