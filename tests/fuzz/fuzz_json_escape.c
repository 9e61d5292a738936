#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/log/escape.h"
#include "server/log/json_escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decode the inside of a JSON string that has no escapes but \" and \\. */
static bool
decode(const char *text, char *out)
{
    for (; *text != '\0'; text++) {
        if ((uint8_t)*text < 0x20 || *text == '"') {
            return false;
        }
        if (*text == '\\') {
            text++;
            if (*text != '"' && *text != '\\') {
                return false;
            }
        }
        *out++ = *text;
    }
    *out = '\0';
    return true;
}

/* It is a JSON string, it means what the log shows, and any cut is valid. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t room = 8 * size + 1;
    char *out = malloc(room), *cut = malloc(size + 1);
    char *back = malloc(room), *shown = malloc(room);

    if (out != NULL && cut != NULL && back != NULL && shown != NULL) {
        size_t n = json_escape((const char *)data, size, out, room);
        size_t m = json_escape((const char *)data, size, cut, size + 1);

        escape_text((const char *)data, size, shown, room);
        assert(n == strlen(out) && decode(out, back));
        assert(strcmp(back, shown) == 0);
        assert(m == strlen(cut) && m <= size && memcmp(out, cut, m) == 0);
        assert(decode(cut, back));
    }
    free(out);
    free(cut);
    free(back);
    free(shown);
    return 0;
}
