/* The three curves that ECDSA keys of SSH are on. */
#include "server/auth/curve.h"

#include <openssl/obj_mac.h>
#include <string.h>

static const struct curve curves[] = {
    {"nistp256", "ecdsa-sha2-nistp256", SN_X9_62_prime256v1, 32, NID_sha256},
    {"nistp384", "ecdsa-sha2-nistp384", SN_secp384r1, 48, NID_sha384},
    {"nistp521", "ecdsa-sha2-nistp521", SN_secp521r1, 66, NID_sha512},
};

#define CURVE_COUNT (sizeof(curves) / sizeof(curves[0]))

const struct curve *
curve_by_key_type(struct wire_bytes key_type)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (wire_bytes_are(key_type, curves[i].key_type)) {
            return &curves[i];
        }
    }
    return NULL;
}

const struct curve *
curve_by_group(const char *group)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (strcmp(group, curves[i].group) == 0) {
            return &curves[i];
        }
    }
    return NULL;
}
