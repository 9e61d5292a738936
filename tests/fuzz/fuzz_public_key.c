#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "server/auth/public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * "byte algorithm, string key, string signature, string data": what verifies
 * is of a fitting algorithm, and does not verify with one byte more of data.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "ssh-ed25519",         "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521", "rsa-sha2-256",        "rsa-sha2-512",
    };
    struct wire w = wire_over(data, size);
    const char *name = names[wire_u8(&w) % 6];
    struct wire_bytes blob = wire_string(&w);
    struct wire_bytes signature = wire_string(&w);
    struct wire_bytes signed_data = wire_string(&w);
    uint8_t longer[1001];
    int r = 0;

    if (wire_done(&w) < 0 || signed_data.size > 1000) {
        return 0;
    }
    r = public_key_verify(blob, signature, name, 1024, signed_data.data,
                          signed_data.size);
    assert(r == 0 || r == -EKEYREJECTED || r == -EINVAL);
    assert(r == -EINVAL || public_key_suits(blob, name));
    if (r == 0) {
        memcpy(longer, signed_data.data, signed_data.size);
        longer[signed_data.size] = 0;
        assert(public_key_verify(blob, signature, name, 1024, longer,
                                 signed_data.size + 1) == -EKEYREJECTED);
    }
    return 0;
}
