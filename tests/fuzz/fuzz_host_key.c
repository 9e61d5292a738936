#include <assert.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/host_key.h"
#include "server/auth/public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_TEXT ((size_t)20000)

static const int digests[] = {0, NID_sha256, NID_sha384, NID_sha512};

/* DER as libcrypto has it to two mpints as SSH has them. */
static void
put_ecdsa(struct wire_out *w, const uint8_t *der, size_t size)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)size);
    const BIGNUM *numbers[2];
    uint8_t inner[300];
    struct wire_out in = wire_into(inner, sizeof(inner));

    ECDSA_SIG_get0(sig, &numbers[0], &numbers[1]);
    for (int i = 0; i < 2; i++) {
        uint8_t bytes[80] = {0}; /* one zero more never hurts */

        BN_bn2bin(numbers[i], bytes + 1);
        wire_put_string(&in, bytes, (size_t)BN_num_bytes(numbers[i]) + 1);
    }
    wire_put_string(w, inner, (size_t)wire_out_size(&in));
    ECDSA_SIG_free(sig);
}

/* What is signed with a key verifies with its blob.  Not RSA: nobody checks
 * that the factors of a key are prime. */
static void
check_signature(const struct host_key *key, int digest)
{
    struct wire_bytes blob = host_key_blob(key);
    struct wire w = wire_over(blob.data, blob.size);
    struct wire_bytes type = wire_string(&w);
    uint8_t raw[4096], signature[5000];
    struct wire_out out = wire_into(signature, sizeof(signature));
    size_t size = sizeof(raw);
    char name[40];

    if (host_key_sign(key, digest, "data", 4, raw, &size) < 0 ||
        host_key_type(key) == HOST_KEY_RSA) {
        return;
    }
    snprintf(name, sizeof(name), "%.*s", (int)type.size,
             (const char *)type.data);
    wire_put_text(&out, name);
    if (host_key_type(key) == HOST_KEY_ECDSA) {
        put_ecdsa(&out, raw, size);
    } else {
        wire_put_string(&out, raw, size);
    }
    assert(public_key_verify(
               blob,
               (struct wire_bytes){signature, (size_t)wire_out_size(&out)},
               name, 0, "data", 4) == 0);
}

static void
check(const void *text, size_t size)
{
    struct host_key *key = NULL;
    struct diag err = {.text = ""};

    if (host_key_new(text, size, 1024, &key, &err) < 0) {
        assert(key == NULL);
        assert(err.text[0] != '\0');
        return;
    }
    assert(host_key_blob(key).size > 0);
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        check_signature(key, digests[i]);
    }
    host_key_free(key);
}

/* A file as it is, and the same bytes as what OpenSSH's armour holds. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    static const char end[] = "\n-----END OPENSSH PRIVATE KEY-----\n";
    char *text = NULL;
    size_t used = sizeof(begin) - 1;

    if (size > SIZE_MAX_TEXT) {
        return 0;
    }
    check(data, size);
    text = malloc(size * 2 + 200);
    memcpy(text, begin, used);
    used +=
        (size_t)EVP_EncodeBlock((unsigned char *)text + used, data, (int)size);
    memcpy(text + used, end, sizeof(end) - 1);
    check(text, used + sizeof(end) - 1);
    free(text);
    return 0;
}
