/* Whose business is it?  The client's requests, and the monitor's answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/ssh/relay.h"
#include "server/ssh/state.h"
#include "server/ssh/terminal.h"

static void
free_event(struct event *e)
{
    explicit_bzero(e->bytes, e->size); /* it may hold a password */
    free(e);
}

static bool
is_waiting(const struct transport *t)
{
    return t->auth_waiting || t->global_waiting;
}

static void
handle_event(struct transport *t, const struct event *e)
{
    switch (e->hook) {
    case HOOK_AUTH_REQUEST:
    case HOOK_AUTH_RESPONSE:
        authenticate_event(t, e);
        return;
    case HOOK_GLOBAL_REQUEST:
        global_event(t, e);
        return;
    case HOOK_OPEN_CONFIRMED:
    case HOOK_OPEN_FAILED:
    case HOOK_CHANNEL_OPEN:
    case HOOK_DISCONNECT:
    case HOOK_DATA:
    case HOOK_EXTENDED_DATA:
    case HOOK_WINDOW:
    case HOOK_SEND:
    case HOOK_POLL:
    case HOOK_READ:
    case HOOK_PACKET:
    case HOOK_INFLATE:
    case HOOK_WRITE:
    case HOOK_OUTPUT:
    case HOOK_RANDOM:
    case HOOK_SIGN:
    case HOOK_COUNT:
        return;
    }
}

static struct event *
take(struct events *queue)
{
    struct event *e = queue->head;

    queue->head = e->next;
    if (queue->head == NULL) {
        queue->tail = &queue->head;
    }
    queue->count--;
    queue->size -= e->size;
    return e;
}

/* The first login request waits until libssh hands its message over. */
static bool
may_handle(const struct transport *t, const struct event *e)
{
    return e != NULL && !is_waiting(t) && !t->over && !t->leaving &&
           (e->hook != HOOK_AUTH_REQUEST || t->kept != NULL ||
            t->authenticated);
}

void
dispatch_events(struct transport *t)
{
    /* These have their channel's number: nothing has to wait for them. */
    while (t->answers.head != NULL && !t->over) {
        struct event *e = take(&t->answers);

        relay_answered(t, e);
        free_event(e);
    }
    while (may_handle(t, t->requests.head)) {
        struct event *e = take(&t->requests);

        handle_event(t, e);
        free_event(e);
    }
}

static void
handle_service(struct transport *t, ssh_message message)
{
    const char *name = ssh_message_service_service(message);

    if (name != NULL && strcmp(name, "ssh-userauth") == 0) {
        ssh_message_service_reply_success(message);
    } else {
        transport_disconnect(t, DISCONNECT_SERVICE_NOT_AVAILABLE,
                             "service not available");
    }
    ssh_message_free(message);
}

void
dispatch_message(struct transport *t, ssh_message message)
{
    switch (ssh_message_type(message)) {
    case SSH_REQUEST_SERVICE:
        handle_service(t, message);
        return;
    case SSH_REQUEST_AUTH:
        authenticate_keep(t, message);
        return;
    case SSH_REQUEST_CHANNEL_OPEN:
        open_message(t, message);
        return;
    case SSH_REQUEST_CHANNEL:
        terminal_request(t, message);
        return;
    default:
        ssh_message_free(message);
        return;
    }
}

int
transport_receive(struct transport *t, struct frame *f)
{
    struct msg_disconnect bye;
    struct msg_text text;

    if (t->over || transport_is_closed(t)) {
        return 0; /* the end is only not told yet */
    }
    switch (f->type) {
    case MSG_AUTH_FAILURE:
    case MSG_AUTH_PK_OK:
    case MSG_AUTH_PROMPT:
    case MSG_AUTH_BANNER:
    case MSG_AUTH_SUCCESS:
        return authenticate_receive(t, f);
    case MSG_OPENED:
    case MSG_OPEN_REFUSED:
    case MSG_ACCEPTED:
    case MSG_ACCEPTED_PATH:
        return open_receive(t, f);
    case MSG_LISTEN_DONE:
        return global_receive(t, f);
    case MSG_PROVED:
        return global_receive_proofs(t, f);
    case MSG_SESSION_REPLY:
    case MSG_SESSION_TEXT:
    case MSG_SESSION_EXIT:
        return terminal_receive(t, f);
    case MSG_DEBUG:
        if (frame_decode(f, &text) < 0) {
            return -EBADMSG;
        }
        ssh_send_debug(t->session, text.text, 1);
        return 0;
    case MSG_DISCONNECT:
        if (frame_decode(f, &bye) < 0) {
            return -EBADMSG;
        }
        transport_disconnect(t, bye.code, bye.text);
        return 0;
    default:
        return -EBADMSG;
    }
}
