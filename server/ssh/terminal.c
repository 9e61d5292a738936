/*
 * Session channels.  There is no shell behind them: what the monitor has to
 * say is written here as the client's window allows, and a key that means
 * "enough" ends it.
 */
#include "server/ssh/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/limits.h"
#include "server/ssh/relay.h"

/* Keys that end the text: Ctrl-C, Ctrl-D, q. */
static const char leave_keys[] = "\003\004q";

/*
 * Invariants: request is the one message whose answer is due, or NULL; after
 * exit_due the channel closes as soon as out is empty; freed only when the
 * client closed and we did.
 */
struct terminal {
    struct terminal *next;
    struct transport *t;
    uint32_t id;
    uint32_t local_channel; /* our number of it */
    ssh_channel channel;
    struct ssh_channel_callbacks_struct callbacks;
    ssh_message request;
    bool is_shell;
    bool has_terminal;
    bool x11_told;
    bool leave;      /* the client wants to go */
    bool leave_told; /* and the monitor knows */
    bool exit_due;   /* the monitor said so */
    uint32_t exit_status;
    bool close_sent;
    bool channel_closed;
    struct waiting_text {
        uint8_t *bytes;
        size_t size;
    } out[2]; /* stdout and stderr */
};

static int
on_data(ssh_session session, ssh_channel channel, void *data, uint32_t size,
        int is_stderr, void *arg)
{
    struct terminal *c = arg;
    const char *bytes = data;

    (void)session;
    (void)channel;
    (void)is_stderr;
    for (uint32_t i = 0; i < size && c->is_shell && c->has_terminal; i++) {
        if (bytes[i] != '\0' && strchr(leave_keys, bytes[i]) != NULL) {
            c->leave = true;
        }
    }
    return (int)size;
}

static void
on_eof(ssh_session session, ssh_channel channel, void *arg)
{
    struct terminal *c = arg;

    (void)session;
    (void)channel;
    c->leave = true;
}

static void
on_close(ssh_session session, ssh_channel channel, void *arg)
{
    struct terminal *c = arg;

    (void)session;
    (void)channel;
    c->channel_closed = true;
}

int
terminal_start(struct transport *t, const struct open_request *o,
               ssh_channel channel)
{
    struct terminal *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        t->hostile = "out of memory";
        return -ENOMEM;
    }
    c->t = t;
    c->id = o->id;
    c->local_channel = o->local_channel;
    c->channel = channel;
    c->callbacks.userdata = c;
    c->callbacks.channel_data_function = on_data;
    c->callbacks.channel_eof_function = on_eof;
    c->callbacks.channel_close_function = on_close;
    ssh_callbacks_init(&c->callbacks);
    ssh_add_channel_callbacks(channel, &c->callbacks);
    c->next = t->terminals;
    t->terminals = c;
    t->live++;
    return 0;
}

bool
terminal_is_closing(const struct transport *t, uint32_t local_channel)
{
    for (const struct terminal *c = t->terminals; c != NULL; c = c->next) {
        if (c->close_sent && c->local_channel == local_channel) {
            return true;
        }
    }
    return false;
}

uint32_t
terminal_count(const struct transport *t)
{
    uint32_t n = 0;

    for (const struct terminal *c = t->terminals; c != NULL; c = c->next) {
        n += !c->close_sent;
    }
    return n;
}

static struct terminal *
find(struct transport *t, uint32_t id)
{
    for (struct terminal *c = t->terminals; c != NULL; c = c->next) {
        if (c->id == id) {
            return c;
        }
    }
    return NULL;
}

static struct terminal *
find_channel(struct transport *t, ssh_channel channel)
{
    for (struct terminal *c = t->terminals; c != NULL; c = c->next) {
        if (c->channel == channel) {
            return c;
        }
    }
    return NULL;
}

static void
refuse(ssh_message message)
{
    ssh_message_reply_default(message);
    ssh_message_free(message);
}

/* The monitor has a word about it, once. */
static void
tell_x11(struct terminal *c)
{
    const struct msg_session_request m = {.id = c->id, .kind = SESSION_X11};

    if (c->request == NULL && !c->close_sent && !c->x11_told) {
        c->x11_told = true;
        transport_tell(c->t, MSG_SESSION_REQUEST, &m);
    }
}

/* Shell, exec or subsystem: the monitor answers; one at a time. */
static void
ask(struct terminal *c, ssh_message message, enum session_request kind,
    const char *command)
{
    const struct msg_session_request m = {
        .id = c->id,
        .kind = (uint8_t)kind,
        .command = {.data = (const uint8_t *)command,
                    .size = command == NULL ? 0 : strlen(command)},
        .has_terminal = c->has_terminal,
    };

    if (c->request != NULL || c->close_sent ||
        m.command.size > LIMIT_AUTH_BYTES) {
        refuse(message);
        return;
    }
    c->request = message;
    c->is_shell = kind == SESSION_SHELL || m.command.size == 0;
    transport_tell(c->t, MSG_SESSION_REQUEST, &m);
}

static void
tolerate(ssh_message message)
{
    ssh_message_channel_request_reply_success(message);
    ssh_message_free(message);
}

void
terminal_request(struct transport *t, ssh_message message)
{
    struct terminal *c =
        find_channel(t, ssh_message_channel_request_channel(message));

    if (c == NULL) {
        relay_refuse_request(t, message); /* or its channel may be freed */
        ssh_message_free(message);
        return;
    }
    switch (ssh_message_subtype(message)) {
    case SSH_CHANNEL_REQUEST_PTY:
        c->has_terminal = true;
        tolerate(message);
        return;
    case SSH_CHANNEL_REQUEST_ENV:
    case SSH_CHANNEL_REQUEST_WINDOW_CHANGE:
        tolerate(message);
        return;
    case SSH_CHANNEL_REQUEST_X11:
        tell_x11(c);
        refuse(message);
        return;
    case SSH_CHANNEL_REQUEST_SHELL:
        ask(c, message, SESSION_SHELL, NULL);
        return;
    case SSH_CHANNEL_REQUEST_EXEC:
        ask(c, message, SESSION_EXEC,
            ssh_message_channel_request_command(message));
        return;
    case SSH_CHANNEL_REQUEST_SUBSYSTEM:
        ask(c, message, SESSION_SUBSYSTEM,
            ssh_message_channel_request_subsystem(message));
        return;
    default:
        refuse(message);
        return;
    }
}

/* As much of data as the channel takes now. */
static size_t
write_some(struct terminal *c, const uint8_t *data, size_t size, bool is_error)
{
    uint32_t window = ssh_channel_window_size(c->channel);
    uint32_t most = size < window ? (uint32_t)size : window;
    int n;

    if (most == 0 || c->channel_closed) {
        return 0;
    }
    n = is_error ? ssh_channel_write_stderr(c->channel, data, most)
                 : ssh_channel_write(c->channel, data, most);
    return n < 0 ? 0 : (size_t)n;
}

/* Later text waits behind earlier text; text beyond the limit is lost. */
static void
put_text(struct terminal *c, const char *text, bool is_error)
{
    struct waiting_text *out = &c->out[is_error];
    const uint8_t *data = (const uint8_t *)text;
    size_t size = strlen(text);
    size_t done = out->size == 0 ? write_some(c, data, size, is_error) : 0;
    uint8_t *grown = NULL;

    if (done == size || out->size + size - done > LIMIT_TERMINAL_BYTES) {
        return;
    }
    grown = realloc(out->bytes, out->size + size - done);
    if (grown == NULL) {
        return;
    }
    memcpy(grown + out->size, data + done, size - done);
    out->bytes = grown;
    out->size += size - done;
}

static void
flush_text(struct terminal *c)
{
    for (int i = 0; i < 2; i++) {
        struct waiting_text *out = &c->out[i];
        size_t done;

        if (out->size == 0) {
            continue;
        }
        done = write_some(c, out->bytes, out->size, i == 1);
        memmove(out->bytes, out->bytes + done, out->size - done);
        out->size -= done;
    }
}

static bool
has_text(const struct terminal *c)
{
    return c->out[0].size + c->out[1].size > 0;
}

static void
send_end(struct terminal *c)
{
    if (c->close_sent) {
        return;
    }
    c->close_sent = true;
    if (!c->channel_closed) {
        ssh_channel_request_send_exit_status(c->channel, (int)c->exit_status);
    }
    if (ssh_channel_close(c->channel) == SSH_AGAIN) {
        ssh_channel_close(c->channel);
    }
}

/*
 * The monitor answers with the exit status, behind all that it had to say.
 * A command's input does not matter: "ssh -f ... sleep 10" has none.
 */
static void
tell_leave(struct terminal *c)
{
    const struct msg_id m = {.id = c->id};

    if (c->leave && c->is_shell && c->request == NULL && !c->leave_told) {
        c->leave_told = true;
        transport_tell(c->t, MSG_SESSION_LEAVE, &m);
    }
}

void
terminal_resume(struct transport *t)
{
    for (struct terminal *c = t->terminals; c != NULL; c = c->next) {
        flush_text(c);
        tell_leave(c);
        if (c->channel_closed || (c->exit_due && !has_text(c))) {
            send_end(c);
        }
    }
}

void
terminal_bury(struct transport *t)
{
    struct terminal **p = &t->terminals;

    while (*p != NULL) {
        struct terminal *c = *p;
        const struct msg_id m = {.id = c->id};

        if (!c->close_sent || !c->channel_closed) {
            p = &c->next;
            continue;
        }
        *p = c->next;
        transport_tell(t, MSG_SESSION_CLOSED, &m);
        ssh_remove_channel_callbacks(c->channel, &c->callbacks);
        ssh_channel_free(c->channel);
        ssh_message_free(c->request);
        free(c->out[0].bytes);
        free(c->out[1].bytes);
        free(c);
        t->live--;
    }
}

static int
receive_reply(struct transport *t, struct frame *f)
{
    struct msg_session_reply m;
    struct terminal *c = NULL;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    c = find(t, m.id);
    if (c == NULL || c->request == NULL) {
        return 0; /* the client closed meanwhile */
    }
    if (m.ok) {
        ssh_message_channel_request_reply_success(c->request);
    } else {
        ssh_message_reply_default(c->request);
    }
    ssh_message_free(c->request);
    c->request = NULL;
    return 0;
}

static int
receive_text(struct transport *t, struct frame *f)
{
    struct msg_session_text m;
    struct terminal *c = NULL;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    c = find(t, m.id);
    if (c != NULL && !c->close_sent) {
        put_text(c, m.text, m.is_error != 0);
    }
    return 0;
}

static int
receive_exit(struct transport *t, struct frame *f)
{
    struct msg_session_exit m;
    struct terminal *c = NULL;

    if (frame_decode(f, &m) < 0) {
        return -EBADMSG;
    }
    c = find(t, m.id);
    if (c != NULL) {
        c->exit_due = true;
        c->exit_status = m.status;
    }
    return 0;
}

int
terminal_receive(struct transport *t, struct frame *f)
{
    switch (f->type) {
    case MSG_SESSION_REPLY:
        return receive_reply(t, f);
    case MSG_SESSION_TEXT:
        return receive_text(t, f);
    case MSG_SESSION_EXIT:
        return receive_exit(t, f);
    default:
        return -EBADMSG;
    }
}
