#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/monitor/auth_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(struct wire_bytes b, const uint8_t *data, size_t size)
{
    assert(b.size == 0 || (b.data >= data && b.data + b.size <= data + size));
}

/* What a signature covers ends with the key that the request names. */
static void
check_signed_data(const struct auth_request *r, size_t size)
{
    static const uint8_t session_id[32] = {1};
    size_t room = size + 256;
    uint8_t *out = malloc(room);
    long n = 0;

    if (out == NULL) {
        return;
    }
    n = auth_request_signed_data(r, session_id, sizeof(session_id), out, room);
    assert(n > 0 && (size_t)n >= r->blob.size);
    assert(r->blob.size == 0 || memcmp(out + (size_t)n - r->blob.size,
                                       r->blob.data, r->blob.size) == 0);
    free(out);
}

/* Fields lie inside the input, names are text, failure leaves nothing. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct auth_request empty;
    const struct wire_bytes payload = {data, size};
    struct auth_request r;
    struct auth_response answers;

    if (auth_request_parse(payload, &r) == 0) {
        check_inside(r.blob, data, size);
        check_inside(r.signature, data, size);
        check_inside(r.password, data, size);
        assert(strlen(r.user) < sizeof(r.user));
        check_signed_data(&r, size);
    } else {
        assert(strcmp(r.user, empty.user) == 0 && r.method == empty.method &&
               r.blob.data == NULL && r.password.data == NULL);
    }
    if (auth_response_parse(payload, &answers) == 0) {
        assert(answers.count <= LIMIT_PROMPTS);
        for (uint32_t i = 0; i < answers.count; i++) {
            check_inside(answers.list[i], data, size);
        }
    } else {
        assert(answers.count == 0);
    }
    return 0;
}
