/*
 * SSH user authentication (RFC 4252, RFC 4256): requests go to the monitor as
 * the bytes that came, its answers become packets.  One at a time.
 */
#include <errno.h>
#include <string.h>

#include "server/limits.h"
#include "server/ssh/state.h"

#define PACKET_MAX 65536 /* bytes of an answer */

enum {
    USERAUTH_FAILURE = 51,
    USERAUTH_BANNER = 53,
    USERAUTH_PK_OK = 60,
};

void
authenticate_keep(struct transport *t, ssh_message message)
{
    if (t->kept == NULL && !t->authenticated) {
        t->kept = message;
        return;
    }
    ssh_message_free(message);
}

void
authenticate_event(struct transport *t, const struct event *e)
{
    const struct msg_bytes m = {.bytes = {.data = e->bytes, .size = e->size}};

    if (t->authenticated) {
        return; /* RFC 4252 section 5.1: ignore requests after success */
    }
    if (e->hook == HOOK_AUTH_RESPONSE) {
        if (!t->prompt_waiting) {
            return; /* an answer that nobody asked for */
        }
        t->prompt_waiting = false;
        t->auth_waiting = true;
        transport_tell(t, MSG_AUTH_RESPONSE, &m);
        return;
    }
    t->prompt_waiting = false;
    t->auth_waiting = true;
    transport_tell(t, MSG_AUTH_REQUEST, &m);
}

static int
send_failure(struct transport *t, struct frame *f)
{
    struct msg_auth_failure m;
    uint8_t bytes[512];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    wire_put_u8(&w, USERAUTH_FAILURE);
    wire_put_text(&w, m.methods);
    wire_put_u8(&w, m.partial);
    return transport_send(t, &w);
}

static int
send_pk_ok(struct transport *t, struct frame *f)
{
    struct msg_auth_pk_ok m;
    uint8_t bytes[PACKET_MAX];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    wire_put_u8(&w, USERAUTH_PK_OK);
    wire_put_text(&w, m.algorithm);
    wire_put_string(&w, m.blob.data, m.blob.size);
    return transport_send(t, &w);
}

static int
send_banner(struct transport *t, struct frame *f)
{
    struct msg_text m;
    uint8_t bytes[PACKET_MAX];
    struct wire_out w = wire_into(bytes, sizeof(bytes));

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    wire_put_u8(&w, USERAUTH_BANNER);
    wire_put_text(&w, m.text);
    wire_put_text(&w, "");
    return transport_send(t, &w);
}

/* Through libssh, which lets no INFO_RESPONSE in before it asked for one. */
static int
send_prompt(struct transport *t, struct frame *f)
{
    struct msg_prompt m;
    char echo[LIMIT_PROMPTS];
    int r;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    for (uint32_t i = 0; i < m.count; i++) {
        echo[i] = m.echo[i] != 0;
    }
    r = ssh_message_auth_interactive_request(t->kept, m.name, m.instruction,
                                             m.count, m.prompts, echo);
    t->prompt_waiting = r == SSH_OK;
    return r == SSH_OK ? 0 : -EIO;
}

static int
send_success(struct transport *t, struct frame *f)
{
    struct msg_terms m;
    int r;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    r = ssh_message_auth_reply_success(t->kept, 0);
    t->authenticated = true;
    hooks_set_read_size(t->read_size);
    ssh_message_free(t->kept);
    t->kept = NULL;
    settings_apply_rekey(t->session, m.rekey_bytes, m.rekey_seconds);
    watch_start(t, &m);
    global_announce_host_keys(t);
    return r == SSH_OK ? 0 : -EIO;
}

static int
answer(struct transport *t, struct frame *f)
{
    switch (f->type) {
    case MSG_AUTH_FAILURE:
        return send_failure(t, f);
    case MSG_AUTH_PK_OK:
        return send_pk_ok(t, f);
    case MSG_AUTH_PROMPT:
        return send_prompt(t, f);
    case MSG_AUTH_SUCCESS:
        return send_success(t, f);
    default:
        return -EBADMSG;
    }
}

int
authenticate_receive(struct transport *t, struct frame *f)
{
    if (t->kept == NULL) {
        return -EBADMSG;
    }
    if (f->type == MSG_AUTH_BANNER) {
        return send_banner(t, f) == -EBADMSG ? -EBADMSG : 0;
    }
    if (!t->auth_waiting) {
        return -EBADMSG;
    }
    t->auth_waiting = false;
    return answer(t, f) == -EBADMSG ? -EBADMSG : 0;
}
