#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/ipc/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Large enough for the struct of any message. */
union any {
    struct msg_setup setup;
    struct msg_prompt prompt;
    struct msg_answer answer;
    struct msg_resolved resolved;
    struct msg_bound bound;
    struct msg_pam_start pam_start;
    uint64_t align[256];
};

/*
 * The first byte is a type, the rest a body.  What decodes must encode to
 * the very same bytes: nothing is dropped, nothing has two spellings.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t body[LIMIT_MESSAGE_BYTES], again[LIMIT_MESSAGE_BYTES + 16];
    union any m;
    uint32_t type;

    if (size < 1 || size > sizeof(body)) {
        return 0;
    }
    type = data[0];
    memcpy(body, data + 1, size - 1);
    if (msg_decode((enum msg_type)type, body, size - 1, &m) == 0) {
        long n = msg_encode((enum msg_type)type, &m, again, sizeof(again));

        assert(n == (long)size - 1 + 4);
        assert(memcmp(again + 4, data + 1, size - 1) == 0);
    }
    return 0;
}
