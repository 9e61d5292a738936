#ifndef SERVER_MONITOR_REQUEST_TEXT_H
#define SERVER_MONITOR_REQUEST_TEXT_H

#include <stdbool.h>

#include "policy/endpoint.h"
#include "server/ipc/wire.h"

/* One more than what policy lets pass, so that too long stays too long. */
#define REQUEST_TEXT_MAX (ENDPOINT_HOST_MAX + 2)

/*
 * A name of the wire as text, cut to what fits.  Returns true when it had a
 * NUL inside; the text then ends there.
 */
bool request_text(struct wire_bytes name, char out[REQUEST_TEXT_MAX]);

#endif
