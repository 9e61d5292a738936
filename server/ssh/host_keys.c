#include "server/ssh/host_keys.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "server/ipc/wire.h"
#include "server/ssh/hooks.h"

#define BLOB_MAX 4096 /* bytes of a public blob */

static const char begin_line[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
static const char end_line[] = "\n-----END OPENSSH PRIVATE KEY-----\n";

/* One byte of a number that is no secret: libssh only has to parse it. */
static void
put_small_number(struct wire_out *w, uint8_t value)
{
    wire_put_string(w, &value, 1);
}

/* The type-specific fields of PROTOCOL.key, the private ones made up. */
static int
put_private_fields(struct wire_out *w, struct wire_bytes blob)
{
    struct wire in = wire_over(blob.data, blob.size);
    struct wire_bytes type = wire_string(&in);
    struct wire_bytes first = wire_string(&in);
    uint8_t bogus[64] = {1};

    wire_put_string(w, type.data, type.size);
    if (wire_bytes_are(type, "ssh-ed25519") && first.size == 32) {
        memcpy(bogus + 32, first.data, 32);
        wire_put_string(w, first.data, first.size);
        wire_put_string(w, bogus, sizeof(bogus));
        hooks_set_ed25519(first.data);
    } else if (wire_bytes_are(type, "ssh-rsa")) {
        struct wire_bytes modulus = wire_string(&in);

        wire_put_string(w, modulus.data, modulus.size);
        wire_put_string(w, first.data, first.size);
        put_small_number(w, 5);  /* d */
        put_small_number(w, 7);  /* iqmp */
        put_small_number(w, 11); /* p */
        put_small_number(w, 13); /* q */
    } else if (type.size > 11 && memcmp(type.data, "ecdsa-sha2-", 11) == 0) {
        struct wire_bytes point = wire_string(&in);

        wire_put_string(w, first.data, first.size);
        wire_put_string(w, point.data, point.size);
        put_small_number(w, 2);
    } else {
        return -EINVAL;
    }
    return in.bad ? -EINVAL : 0;
}

/* An unencrypted openssh-key-v1 container around blob. */
static long
put_container(struct wire_out *w, struct wire_bytes blob)
{
    uint8_t section[BLOB_MAX * 2];
    struct wire_out s = wire_into(section, sizeof(section));
    int r;

    wire_put_u32(&s, 1); /* two equal check words */
    wire_put_u32(&s, 1);
    r = put_private_fields(&s, blob);
    if (r < 0) {
        return r;
    }
    wire_put_text(&s, "");
    for (uint8_t pad = 1; s.used % 8 != 0 && !s.bad; pad++) {
        wire_put_u8(&s, pad);
    }
    wire_put_raw(w, "openssh-key-v1", sizeof("openssh-key-v1"));
    wire_put_text(w, "none");
    wire_put_text(w, "none");
    wire_put_text(w, "");
    wire_put_u32(w, 1);
    wire_put_string(w, blob.data, blob.size);
    wire_put_string(w, section, s.used);
    return s.bad ? -EINVAL : wire_out_size(w);
}

static int
import_one(ssh_bind bind, struct wire_bytes blob)
{
    uint8_t container[BLOB_MAX * 3];
    char text[sizeof(begin_line) + sizeof(container) * 4 / 3 + 4 +
              sizeof(end_line)];
    struct wire_out w = wire_into(container, sizeof(container));
    ssh_key key = NULL;
    size_t used = sizeof(begin_line) - 1;
    long size;

    if (blob.size == 0) {
        return 0;
    }
    size = put_container(&w, blob);
    if (size < 0) {
        return -EINVAL;
    }
    memcpy(text, begin_line, used);
    used += (size_t)EVP_EncodeBlock((unsigned char *)text + used, container,
                                    (int)size);
    memcpy(text + used, end_line, sizeof(end_line));
    if (ssh_pki_import_privkey_base64(text, NULL, NULL, NULL, &key) != SSH_OK) {
        return -EINVAL;
    }
    if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) < 0) {
        ssh_key_free(key);
        return -EINVAL;
    }
    return 0; /* bind owns the key now */
}

int
host_keys_import(ssh_bind bind, const struct msg_setup *setup)
{
    const struct wire_bytes blobs[] = {setup->rsa, setup->ecdsa,
                                       setup->ed25519};

    for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++) {
        int r = import_one(bind, blobs[i]);

        if (r < 0) {
            return r;
        }
    }
    return 0;
}
