/* Names on the wire are bytes; policy and logs want text. */
#include "server/monitor/request_text.h"

#include <string.h>

bool
request_text(struct wire_bytes name, char out[REQUEST_TEXT_MAX])
{
    size_t size =
        name.size < REQUEST_TEXT_MAX ? name.size : REQUEST_TEXT_MAX - 1;

    if (size > 0) {
        memcpy(out, name.data, size);
    }
    out[size] = '\0';
    return name.size > 0 && memchr(name.data, '\0', name.size) != NULL;
}
