#ifndef SERVER_AUTH_CURVE_H
#define SERVER_AUTH_CURVE_H

#include <stddef.h>

#include "server/ipc/wire.h"

/* A curve of RFC 5656 section 10.1 and everything that follows from it. */
struct curve {
    const char *name;     /* "nistp256" */
    const char *key_type; /* "ecdsa-sha2-nistp256" */
    const char *group;    /* libcrypto's name */
    size_t field_bytes;   /* of a coordinate */
    int digest_nid;
};

#define CURVE_FIELD_MAX ((size_t)66)

/* NULL when there is none such. */
const struct curve *curve_by_key_type(struct wire_bytes key_type);
const struct curve *curve_by_group(const char *group);

#endif
