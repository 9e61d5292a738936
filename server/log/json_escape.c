#include "server/log/json_escape.h"

#include <stdbool.h>
#include <string.h>

#include "server/log/escape.h"

static bool
needs_backslash(char c)
{
    return c == '"' || c == '\\';
}

/* Bytes of the first character or escape in escaped text. */
static size_t
measure(const char *text)
{
    size_t n = 1;

    if (text[0] == '\\') {
        return text[1] == '\\' ? 2 : 4;
    }
    while ((text[n] & 0xc0) == 0x80) {
        n++; /* the rest of a character of UTF-8 */
    }
    return n;
}

/* As much of escaped text as fits when JSON's backslashes are added. */
static size_t
fitting(const char *text, size_t room, size_t *ret_added)
{
    size_t used = 0, added = 0;

    while (text[used] != '\0') {
        size_t n = measure(text + used), more = 0;

        for (size_t i = 0; i < n; i++) {
            more += needs_backslash(text[used + i]);
        }
        if (used + added + n + more > room) {
            break;
        }
        used += n;
        added += more;
    }
    *ret_added = added;
    return used;
}

size_t
json_escape(const char *text, size_t size, char *out, size_t out_size)
{
    size_t added = 0, used = 0, total = 0;

    escape_text(text, size, out, out_size);
    used = fitting(out, out_size - 1, &added);
    total = used + added;
    out[total] = '\0';
    while (added > 0) { /* from the end, in place */
        char c = out[--used];

        out[used + added] = c;
        if (needs_backslash(c)) {
            added--;
            out[used + added] = '\\';
        }
    }
    return total;
}
