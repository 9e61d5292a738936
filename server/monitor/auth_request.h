#ifndef SERVER_MONITOR_AUTH_REQUEST_H
#define SERVER_MONITOR_AUTH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "server/ipc/msg.h"
#include "server/ipc/wire.h"
#include "server/limits.h"

/*
 * The authentication requests of RFC 4252 and RFC 4256 as the client wrote
 * them, without the message number.  Pure; the input is hostile.
 */

enum auth_method {
    AUTH_METHOD_UNKNOWN = 0,
    AUTH_METHOD_NONE,
    AUTH_METHOD_PUBLICKEY,
    AUTH_METHOD_PASSWORD,
    AUTH_METHOD_INTERACTIVE,
};

/* Fields that the method has not are empty.  Bytes point into the input. */
struct auth_request {
    char user[LIMIT_USER_BYTES]; /* as sent, perhaps "name:style" */
    char service[LIMIT_WORD_BYTES];
    enum auth_method method;

    /* publickey */
    bool has_signature;
    char algorithm[LIMIT_WORD_BYTES];
    struct wire_bytes blob;
    bool is_hostbound;          /* publickey-hostbound-v00@openssh.com */
    struct wire_bytes host_key; /* then: the server's, as the client saw it */
    struct wire_bytes signature;

    /* password */
    bool is_change;
    struct wire_bytes password;
};

/* 0, or -EBADMSG with *ret zeroed. */
int auth_request_parse(struct wire_bytes payload, struct auth_request *ret);

/* The answers of an INFO_RESPONSE; bytes point into the input. */
struct auth_response {
    uint32_t count;
    struct wire_bytes list[LIMIT_PROMPTS];
};

/* 0, or -EBADMSG with *ret zeroed. */
int auth_response_parse(struct wire_bytes payload, struct auth_response *ret);

/* "publickey", as in the request and in log lines; "unknown". */
const char *auth_method_name(enum auth_method method);

/*
 * What a publickey signature covers (RFC 4252 section 7), rebuilt from what
 * we know.  Returns its size, or -EMSGSIZE.
 */
long auth_request_signed_data(const struct auth_request *request,
                              const void *session_id, size_t session_id_size,
                              void *out, size_t size);

#endif
