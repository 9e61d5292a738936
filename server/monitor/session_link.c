/*
 * The session process and the two links to it.  What arrives here was
 * written by the process that strangers talk to: nothing in it is believed.
 */
#include "server/monitor/session_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/installation.h"
#include "server/log/log.h"
#include "server/monitor/account.h"
#include "server/monitor/console.h"
#include "server/monitor/forward.h"
#include "server/monitor/forward_offer.h"
#include "server/monitor/forward_open.h"
#include "server/monitor/listen.h"
#include "server/monitor/listen_open.h"
#include "server/monitor/login.h"
#include "server/monitor/prove.h"
#include "server/monitor/setup.h"
#include "server/monitor/sign_call.h"
#include "server/monitor/watchdog.h"

struct session_link {
    struct connection *c;
    struct uvlink *events;
    struct sign_call *calls;
    pid_t pid;
    uint64_t log_tokens_ms; /* see LIMIT_SESSION_LOG_BURST */
    uint64_t log_filled_ms;
};

#define LOG_TOKEN_MS (1000 / LIMIT_SESSION_LOG_PER_SECOND)
#define LOG_FULL_MS ((uint64_t)LIMIT_SESSION_LOG_BURST * LOG_TOKEN_MS)

static bool
may_log(struct session_link *s)
{
    uint64_t now = uv_now(&s->c->loop);

    s->log_tokens_ms += now - s->log_filled_ms;
    s->log_filled_ms = now;
    if (s->log_tokens_ms > LOG_FULL_MS) {
        s->log_tokens_ms = LOG_FULL_MS;
    }
    if (s->log_tokens_ms < LOG_TOKEN_MS) {
        return false;
    }
    s->log_tokens_ms -= LOG_TOKEN_MS;
    return true;
}

/* Words of a process that may be hostile: marked, and never an error. */
static void
on_log(struct session_link *s, const struct msg_log *m)
{
    enum log_level level = LOG_LEVEL_INFO;

    if (m->level > LOG_LEVEL_INFO) {
        level = m->level < LOG_LEVEL_DEBUG3 ? (enum log_level)m->level
                                            : LOG_LEVEL_DEBUG3;
    }
    if (!log_wants(level) || !may_log(s)) {
        return;
    }
    log_set_preauth(!s->c->logged_in);
    log_line(level, "session: %s", m->text);
    log_set_preauth(false);
}

/* What every message from the session may be decoded into. */
union body {
    struct msg_bytes bytes;
    struct msg_id id;
    struct msg_open open;
    struct msg_path path;
    struct msg_listen listen;
    struct msg_prove prove;
    struct msg_refused refused;
    struct msg_forward_closed closed;
    struct msg_session_request request;
    struct msg_log log;
    struct msg_disconnect gone;
};

static void
on_channel_message(struct connection *c, enum msg_type type,
                   const union body *m)
{
    switch ((int)type) {
    case MSG_OPEN:
        forward_open(c, &m->open);
        return;
    case MSG_OPEN_PATH:
        forward_open_path(c, &m->path);
        return;
    case MSG_ACCEPT_OPENED:
        forward_accepted(c, m->id.id);
        return;
    case MSG_ACCEPT_REFUSED:
        forward_not_accepted(c, &m->refused);
        return;
    case MSG_FORWARD_CLOSED:
        forward_closed(c, &m->closed);
        return;
    case MSG_LISTEN:
        listen_open(c, &m->listen);
        return;
    case MSG_LISTEN_PATH:
        listen_open_path(c, &m->path);
        return;
    case MSG_UNLISTEN:
        listen_close(c, &m->listen);
        return;
    case MSG_UNLISTEN_PATH:
        listen_close_path(c, &m->path);
        return;
    case MSG_SESSION_OPEN:
        console_open(c, m->id.id);
        return;
    case MSG_SESSION_REQUEST:
        console_request(c, &m->request);
        return;
    case MSG_SESSION_LEAVE:
        console_leave(c, m->id.id);
        return;
    case MSG_SESSION_CLOSED:
        console_close(c, m->id.id);
        return;
    case MSG_PROVE:
        prove(c, &m->prove);
        return;
    }
}

static void
dispatch(struct session_link *s, enum msg_type type, const union body *m)
{
    struct connection *c = s->c;

    switch ((int)type) {
    case MSG_AUTH_REQUEST:
        login_request(c->login, m->bytes.bytes);
        return;
    case MSG_AUTH_RESPONSE:
        login_response(c->login, m->bytes.bytes);
        return;
    case MSG_PONG:
        watchdog_pong(c->watchdog);
        return;
    case MSG_LOG:
        on_log(s, &m->log);
        return;
    case MSG_PEER_GONE:
        connection_say_end(c, m->gone.code, m->gone.text);
        return;
    default:
        on_channel_message(c, type, m);
    }
}

static void
on_message(void *arg, struct frame *f)
{
    struct session_link *s = arg;
    union body m;

    if (s->c->state == CONNECTION_LEAVING && f->type != MSG_FORWARD_CLOSED) {
        return; /* it crossed our goodbye */
    }
    if (frame_decode(f, &m) < 0) {
        connection_breach(s->c, "malformed message from the session");
        return;
    }
    dispatch(s, f->type, &m);
}

static void
on_end(void *arg, int why)
{
    struct session_link *s = arg;

    if (why != -EPIPE) {
        connection_breach(s->c, why == -ENOBUFS
                                    ? "the session does not read"
                                    : "unexpected message from the session");
        return;
    }
    connection_say_end(s->c, 0, "");
    connection_end(s->c);
}

static int
spawn_session(struct session_link *s, int client, int events, int calls)
{
    struct account account;
    const char *const argv[] = {account.uid, account.gid,
                                INSTALLATION_EMPTY_DIRECTORY, NULL};
    struct spawn spawn = {
        .name = "portcullis-session",
        .fds = {client, events, calls},
        .fd_count = 3,
        .die_with_parent = 1,
    };
    int r = 0;

    if (geteuid() == 0) {
        r = account_find(&account);
        spawn.argv = argv;
    }
    if (r == 0) {
        r = children_start(&s->c->children, &spawn, &s->pid);
    }
    return r;
}

/* Takes ours, also on failure. */
static int
drive_links(struct session_link *s, int events, int calls)
{
    int r = uvlink_new(&s->c->loop, events, ROUTE_SESSION_TO_MONITOR,
                       on_message, on_end, s, &s->events);

    if (r < 0) {
        fd_close(&calls);
        return r;
    }
    return sign_call_new(s->c, calls, &s->calls);
}

static int
start_on(struct session_link *s, int client)
{
    int events[2] = {-1, -1}, calls[2] = {-1, -1};
    int r = link_pair(events, 1);

    if (r == 0) {
        r = link_pair(calls, 0); /* its end blocks, uv makes ours not to */
    }
    if (r == 0) {
        r = spawn_session(s, client, events[1], calls[1]);
    }
    fd_close(&events[1]);
    fd_close(&calls[1]);
    if (r == 0) {
        return drive_links(s, events[0], calls[0]);
    }
    fd_close(&events[0]);
    fd_close(&calls[0]);
    return r;
}

int
session_link_start(struct connection *c, int client)
{
    struct session_link *s = calloc(1, sizeof(*s));
    int r = s == NULL ? -ENOMEM : 0;

    if (r == 0) {
        s->c = c;
        s->log_tokens_ms = LOG_FULL_MS;
        s->log_filled_ms = uv_now(&c->loop);
        r = start_on(s, client);
        c->session = s;
    }
    fd_close(&client);
    if (r == 0) {
        r = setup_send(c);
    }
    if (r == 0) {
        uvlink_flush(s->events); /* it waits, and takes nothing along with it */
    }
    return r;
}

void
session_link_send(struct session_link *s, enum msg_type type, const void *body,
                  int fd)
{
    int r = 0;

    if (s == NULL || s->events == NULL) {
        fd_close(&fd);
        return;
    }
    r = uvlink_send(s->events, type, body, fd);
    if (r == -EMSGSIZE) {
        log_line(LOG_LEVEL_ERROR, "message %s is too long", msg_name(type));
    }
}

void
session_link_ready(struct session_link *s)
{
    uvlink_set_phase(s->events, PHASE_READY);
    sign_call_ready(s->calls);
}

void
session_link_close(struct session_link *s)
{
    if (s == NULL) {
        return;
    }
    uvlink_close(s->events);
    s->events = NULL;
    sign_call_close(s->calls);
    session_link_kill(s);
}

void
session_link_kill(struct session_link *s)
{
    children_kill(&s->c->children, s->pid);
}

void
session_link_free(struct session_link *s)
{
    if (s != NULL) {
        sign_call_free(s->calls);
    }
    free(s);
}
