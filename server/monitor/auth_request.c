/* The only place that reads what an unauthenticated client wrote. */
#include "server/monitor/auth_request.h"

#include <errno.h>
#include <string.h>

#define SSH_MSG_USERAUTH_REQUEST 50

static const char *const method_names[] = {
    [AUTH_METHOD_UNKNOWN] = "unknown",
    [AUTH_METHOD_NONE] = "none",
    [AUTH_METHOD_PUBLICKEY] = "publickey",
    [AUTH_METHOD_PASSWORD] = "password",
    [AUTH_METHOD_INTERACTIVE] = "keyboard-interactive",
};

/* publickey that also covers the server's key, OpenSSH PROTOCOL 3.1. */
static const char hostbound_name[] = "publickey-hostbound-v00@openssh.com";

const char *
auth_method_name(enum auth_method method)
{
    return method_names[method];
}

static enum auth_method
find_method(struct wire_bytes name)
{
    for (enum auth_method m = AUTH_METHOD_NONE; m <= AUTH_METHOD_INTERACTIVE;
         m++) {
        if (wire_bytes_are(name, method_names[m])) {
            return m;
        }
    }
    return AUTH_METHOD_UNKNOWN;
}

static void
parse_publickey(struct wire *w, struct auth_request *r)
{
    r->has_signature = wire_u8(w) != 0;
    wire_text(w, r->algorithm, sizeof(r->algorithm));
    r->blob = wire_string(w);
    if (r->is_hostbound) {
        r->host_key = wire_string(w);
    }
    if (r->has_signature) {
        r->signature = wire_string(w);
    }
}

static void
parse_password(struct wire *w, struct auth_request *r)
{
    r->is_change = wire_u8(w) != 0;
    r->password = wire_string(w);
    if (r->is_change) {
        wire_string(w); /* the new one; changes are not done here */
    }
}

static void
parse_rest(struct wire *w, struct auth_request *r)
{
    switch (r->method) {
    case AUTH_METHOD_PUBLICKEY:
        parse_publickey(w, r);
        return;
    case AUTH_METHOD_PASSWORD:
        parse_password(w, r);
        return;
    case AUTH_METHOD_INTERACTIVE:
        wire_string(w); /* language, deprecated */
        wire_string(w); /* submethods: there is one */
        return;
    case AUTH_METHOD_NONE:
        return;
    case AUTH_METHOD_UNKNOWN:
        wire_raw(w, (size_t)(w->end - w->p));
        return;
    }
}

int
auth_request_parse(struct wire_bytes payload, struct auth_request *ret)
{
    struct wire w = wire_over(payload.data, payload.size);
    struct wire_bytes method;

    *ret = (struct auth_request){0};
    wire_text(&w, ret->user, sizeof(ret->user));
    wire_text(&w, ret->service, sizeof(ret->service));
    method = wire_string(&w);
    ret->method = find_method(method);
    if (wire_bytes_are(method, hostbound_name)) {
        ret->method = AUTH_METHOD_PUBLICKEY;
        ret->is_hostbound = true;
    }
    if (!w.bad) {
        parse_rest(&w, ret);
    }
    if (wire_done(&w) < 0) {
        *ret = (struct auth_request){0};
        return -EBADMSG;
    }
    return 0;
}

int
auth_response_parse(struct wire_bytes payload, struct auth_response *ret)
{
    struct wire w = wire_over(payload.data, payload.size);
    uint32_t count = wire_u32(&w);

    *ret = (struct auth_response){0};
    if (count > LIMIT_PROMPTS) {
        return -EBADMSG;
    }
    for (uint32_t i = 0; i < count; i++) {
        ret->list[i] = wire_string(&w);
    }
    if (wire_done(&w) < 0) {
        *ret = (struct auth_response){0};
        return -EBADMSG;
    }
    ret->count = count;
    return 0;
}

long
auth_request_signed_data(const struct auth_request *request,
                         const void *session_id, size_t session_id_size,
                         void *out, size_t size)
{
    struct wire_out w = wire_into(out, size);

    wire_put_string(&w, session_id, session_id_size);
    wire_put_u8(&w, SSH_MSG_USERAUTH_REQUEST);
    wire_put_text(&w, request->user);
    wire_put_text(&w, request->service);
    wire_put_text(&w, request->is_hostbound
                          ? hostbound_name
                          : auth_method_name(AUTH_METHOD_PUBLICKEY));
    wire_put_u8(&w, 1);
    wire_put_text(&w, request->algorithm);
    wire_put_string(&w, request->blob.data, request->blob.size);
    if (request->is_hostbound) {
        wire_put_string(&w, request->host_key.data, request->host_key.size);
    }
    return wire_out_size(&w);
}
