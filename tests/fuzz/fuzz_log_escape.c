#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/log/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Undo escape_text(): how an auditor reads the original back. */
static size_t
unescape(const char *text, size_t size, uint8_t *out)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\\') {
            out[used++] = (uint8_t)text[i];
        } else if (text[i + 1] == '\\') {
            out[used++] = '\\';
            i++;
        } else {
            out[used++] =
                (uint8_t)(((text[i + 1] - '0') << 6) |
                          ((text[i + 2] - '0') << 3) | (text[i + 3] - '0'));
            i += 3;
        }
    }
    return used;
}

/* No control byte gets out, nothing is lost, and any cut is a prefix. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *out = malloc(4 * size + 1);
    char *cut = malloc(size + 1);
    uint8_t *back = malloc(4 * size + 1);

    if (out != NULL && cut != NULL && back != NULL) {
        size_t n = escape_text((const char *)data, size, out, 4 * size + 1);
        size_t m = escape_text((const char *)data, size, cut, size + 1);

        assert(n == strlen(out) && m == strlen(cut) && m <= size);
        for (size_t i = 0; i < n; i++) {
            assert((uint8_t)out[i] >= 0x20 && out[i] != 0x7f);
        }
        assert(unescape(out, n, back) == size);
        assert(size == 0 || memcmp(back, data, size) == 0);
        assert(memcmp(out, cut, m) == 0);
    }
    free(out);
    free(cut);
    free(back);
    return 0;
}
