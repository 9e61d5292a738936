#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/ipc/datagram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The first byte is how many descriptors have come, and whether some were cut
 * off; the rest is a datagram.  What is accepted must come out again byte for
 * byte, and each descriptor exactly once, in order.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[LIMIT_MESSAGE_BYTES], again[LIMIT_MESSAGE_BYTES];
    struct datagram d = {.bytes = bytes};
    struct datagram_message m;
    size_t used = 0, messages = 0, fds = 0;
    bool is_cut;

    if (size < 1 || size - 1 > sizeof(bytes)) {
        return 0;
    }
    is_cut = (data[0] & 0x80) != 0;
    d.size = size - 1;
    d.fd_count = (data[0] & 0x7fU) % (LIMIT_DATAGRAM_FDS + 1);
    for (size_t i = 0; i < d.fd_count; i++) {
        d.fds[i] = (int)i;
    }
    memcpy(bytes, data + 1, d.size);
    if (datagram_check(&d, is_cut) < 0) {
        return 0;
    }
    while (datagram_next(&d, &m)) {
        datagram_put_head(again + used, DATAGRAM_TYPE + m.size, m.has_fd);
        used += DATAGRAM_HEAD;
        for (int shift = 24; shift >= 0; shift -= 8) {
            again[used++] = (uint8_t)(m.type >> shift);
        }
        memcpy(again + used, m.body, m.size);
        used += m.size;
        messages++;
        if (m.fd >= 0) {
            assert(m.has_fd && m.fd == (int)fds);
            fds++;
        }
        assert(m.fd >= 0 || !m.has_fd || is_cut);
    }
    assert(messages > 0 && messages <= LIMIT_DATAGRAM_MESSAGES);
    assert(fds == d.fd_count);
    assert(used == d.size && memcmp(again, bytes, used) == 0);
    return 0;
}
