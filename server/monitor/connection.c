/* A connection's start, its ends, and the order of both. */
#include "server/monitor/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "server/base/fd.h"
#include "server/log/log.h"
#include "server/monitor/console.h"
#include "server/monitor/dialer_link.h"
#include "server/monitor/forward.h"
#include "server/monitor/grace.h"
#include "server/monitor/lifetime.h"
#include "server/monitor/listen.h"
#include "server/monitor/login.h"
#include "server/monitor/login_count.h"
#include "server/monitor/paced_log.h"
#include "server/monitor/pam_link.h"
#include "server/monitor/peer_name.h"
#include "server/monitor/session_link.h"
#include "server/monitor/startup.h"
#include "server/monitor/terms.h"
#include "server/monitor/traffic_class.h"
#include "server/monitor/watchdog.h"

#define ID_MAX 700 /* bytes of connection_words() */
#define NUMBERS_MAX (MSG_ACCEPTED_BIT - 1)

void
connection_words(const struct connection *c, char *out, size_t size)
{
    const char *name = c->login == NULL ? NULL : login_name(c->login);
    const char *kind = "";

    if (name == NULL) {
        snprintf(out, size, "%s port %u", c->peer.ip, c->peer.port);
        return;
    }
    if (!c->logged_in) {
        kind = login_is_valid(c->login) ? "authenticating " : "invalid ";
    }
    snprintf(out, size, "%suser %s %s port %u", kind, name, c->peer.ip,
             c->peer.port);
}

struct words_who
connection_who(const struct connection *c)
{
    return (struct words_who){
        .user = c->user == NULL ? "" : c->user->name,
        .ip = c->peer.ip,
        .port = c->peer.port,
    };
}

uint32_t
connection_number(struct connection *c)
{
    return c->last_number >= NUMBERS_MAX ? 0 : ++c->last_number;
}

void
connection_send(struct connection *c, enum msg_type type, const void *body,
                int fd)
{
    session_link_send(c->session, type, body, fd);
}

/* ---- the start of forwarding ---- */

/* All that a connection carries is a forward, or text of no urgency. */
static void
mark_traffic(struct connection *c)
{
    int r = traffic_class_set(c->client, c->settings->ip_qos.bulk);

    if (r < 0) {
        log_line(LOG_LEVEL_DEBUG1, "cannot set IPQoS: %s", strerror(-r));
    }
    fd_close(&c->client);
}

void
connection_login(struct connection *c, const struct user *user,
                 const struct key_limits *limits)
{
    const struct msg_none none = {0};
    const struct msg_terms terms = terms_of(c->settings);

    c->user = user;
    c->limits = limits;
    c->state = CONNECTION_READY;
    c->logged_in = true;
    grace_stop(c);
    c->since_s = (int64_t)time(NULL);
    mark_traffic(c);
    connection_send(c, MSG_AUTH_SUCCESS, &terms, -1);
    session_link_ready(c->session);
    log_hold(); /* many forwards at once have many lines */
    lifetime_start(c);
    watchdog_login(c->watchdog);
    if (c->daemon != NULL) {
        uvlink_send(c->daemon, MSG_LOGGED_IN, &none, -1);
    }
}

/* ---- ends ---- */

/* sshd writes these in its unprivileged half; before the login they show it */
static void
say(const struct connection *c, enum log_level level, const char *text)
{
    log_set_preauth(!c->logged_in);
    log_line(level, "%s", text);
    log_set_preauth(false);
}

/* What the session's clocks found out; sshd has no second line for these. */
static bool
say_timeout(const struct connection *c, const char *text)
{
    static const char *const lines[][2] = {
        {"client not responding", "Timeout, client not responding"},
        {"terminating inactive connection", "terminating inactive connection"},
    };
    char id[ID_MAX], line[ID_MAX + 64];

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (c->logged_in && strcmp(text, lines[i][0]) == 0) {
            connection_words(c, id, sizeof(id));
            snprintf(line, sizeof(line), "%s from %s", lines[i][1], id);
            say(c, LOG_LEVEL_INFO, line);
            return true;
        }
    }
    return false;
}

void
connection_say_end(struct connection *c, uint32_t code, const char *text)
{
    char id[ID_MAX], line[ID_MAX + 600];

    if (c->has_said_end) {
        return;
    }
    c->has_said_end = true;
    if (code == 0 && say_timeout(c, text)) {
        return;
    }
    connection_words(c, id, sizeof(id));
    if (code == 0 && text[0] == '\0') {
        snprintf(line, sizeof(line), "Connection closed by %s", id);
    } else if (code == 0) {
        snprintf(line, sizeof(line), "Connection from %s: %.400s", id, text);
    } else {
        snprintf(line, sizeof(line),
                 "Received disconnect from %s port %u:%u: %.400s", c->peer.ip,
                 c->peer.port, code, text);
        say(c,
            code == DISCONNECT_BY_APPLICATION ? LOG_LEVEL_INFO
                                              : LOG_LEVEL_ERROR,
            line);
        snprintf(line, sizeof(line), "Disconnected from %s", id);
    }
    say(c, LOG_LEVEL_INFO, line);
}

static void
leave_loop_when_alone(struct connection *c)
{
    if (c->state == CONNECTION_ENDED && c->children.count == 0) {
        uv_stop(&c->loop);
    }
}

/* A process that not even SIGKILL ends is left to init. */
static void
on_last_grace(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void
on_end_grace(uv_timer_t *timer)
{
    struct connection *c = timer->data;

    if (c->state != CONNECTION_ENDED) {
        connection_end(c);
        return;
    }
    children_kill_all(&c->children);
    uv_timer_start(timer, on_last_grace, KILL_GRACE_MS, 0);
}

/*
 * The links go first, the dialer's before PAM's: its process is part of the
 * PAM session that then closes.
 */
void
connection_end(struct connection *c)
{
    if (c->state == CONNECTION_ENDED) {
        return;
    }
    c->state = CONNECTION_ENDED;
    fd_close(&c->client);
    grace_stop(c);
    uv_timer_stop(&c->connect_timer);
    uv_timer_stop(&c->lifetime_timer);
    login_stop(c->login);
    peer_name_close(c->peer_name);
    watchdog_stop(c->watchdog);
    consoles_end(c);
    forwards_end(c);
    listeners_end(c);
    paced_log_end(c);
    session_link_close(c->session);
    dialer_close(c->dialer);
    pam_link_close(c->pam);
    uvlink_close(c->daemon);
    c->daemon = NULL;
    uv_timer_start(&c->end_timer, on_end_grace, END_GRACE_MS, 0);
    leave_loop_when_alone(c);
}

void
connection_disconnect(struct connection *c, uint32_t code, const char *text)
{
    const struct msg_disconnect m = {.code = code, .text = text};
    char id[ID_MAX], line[ID_MAX + 300];

    if (c->state >= CONNECTION_LEAVING) {
        return;
    }
    connection_words(c, id, sizeof(id));
    snprintf(line, sizeof(line), "Disconnecting %s: %.200s", id, text);
    say(c, LOG_LEVEL_INFO, line);
    c->has_said_end = true;
    c->state = CONNECTION_LEAVING;
    login_stop(c->login);
    connection_send(c, MSG_DISCONNECT, &m, -1);
    uv_timer_start(&c->end_timer, on_end_grace, DISCONNECT_GRACE_MS, 0);
}

void
connection_breach(struct connection *c, const char *what)
{
    char id[ID_MAX];

    if (c->state == CONNECTION_ENDED) {
        return;
    }
    connection_words(c, id, sizeof(id));
    log_line(LOG_LEVEL_ERROR, "ending the connection of %s: %s", id, what);
    c->has_said_end = true;
    connection_end(c);
}

/* ---- processes ---- */

/* One that had ended by itself may have been killed afterwards: it had not
 * been waited for. */
static void
on_child_gone(void *arg, const struct child *child, int status)
{
    struct connection *c = arg;
    bool has_crashed = exit_was_crash(status);

    if (child->was_killed && WIFSIGNALED(status) && !has_crashed) {
        return;
    }
    c->outcome.has_crashed = c->outcome.has_crashed || has_crashed;
    if (WIFSIGNALED(status)) {
        log_line(LOG_LEVEL_ERROR, "%s (process %d) was killed by signal %d",
                 child->name, (int)child->pid, WTERMSIG(status));
        return;
    }
    /* A role that cannot start has nobody to tell but by its status. */
    log_line(WEXITSTATUS(status) == 0 ? LOG_LEVEL_DEBUG1 : LOG_LEVEL_ERROR,
             "%s (process %d) has ended with status %d", child->name,
             (int)child->pid, WEXITSTATUS(status));
}

static void
on_sigchld(uv_signal_t *handle, int number)
{
    struct connection *c = handle->data;

    (void)number;
    children_reap(&c->children, on_child_gone, c);
    leave_loop_when_alone(c);
}

static void
on_sigterm(uv_signal_t *handle, int number)
{
    (void)number;
    connection_disconnect(handle->data, DISCONNECT_BY_APPLICATION,
                          "the server is stopping");
}

static void
on_prepare(uv_prepare_t *prepare)
{
    (void)prepare;
    log_flush();
}

/* ---- the start ---- */

static int
init_loop(struct connection *c)
{
    int r = uv_loop_init(&c->loop);

    if (r == 0) {
        r = uv_timer_init(&c->loop, &c->end_timer);
    }
    if (r == 0) {
        r = uv_timer_init(&c->loop, &c->connect_timer);
    }
    if (r == 0) {
        r = uv_timer_init(&c->loop, &c->lifetime_timer);
    }
    if (r == 0) {
        r = uv_signal_init(&c->loop, &c->on_child);
    }
    if (r == 0) {
        r = uv_signal_init(&c->loop, &c->on_term);
    }
    if (r == 0) {
        r = uv_prepare_init(&c->loop, &c->rest);
    }
    if (r == 0) {
        r = uv_prepare_start(&c->rest, on_prepare);
    }
    c->end_timer.data = c->connect_timer.data = c->lifetime_timer.data = c;
    c->on_child.data = c->on_term.data = c;
    if (r == 0) {
        r = uv_signal_start(&c->on_child, on_sigchld, SIGCHLD);
    }
    if (r == 0) {
        r = uv_signal_start(&c->on_term, on_sigterm, SIGTERM);
    }
    return r;
}

/* MSG_ADMITTED is all that this route carries. */
static void
on_daemon_message(void *arg, struct frame *f)
{
    struct connection *c = arg;
    struct msg_admitted m;

    if (frame_decode(f, &m) == 0) {
        login_counted(c->login, m.ok != 0);
    }
}

/* Connections outlive the daemon. */
static void
on_daemon_end(void *arg, int why)
{
    struct connection *c = arg;

    (void)why;
    uvlink_close(c->daemon);
    c->daemon = NULL;
    login_counted(c->login, false);
}

static int
start_parts(struct connection *c, int client)
{
    int r = login_new(c);

    if (r == 0) {
        r = forwards_new(c);
    }
    if (r == 0) {
        r = dialer_new(c);
    }
    if (r == 0) {
        r = watchdog_start(c);
    }
    if (r == 0) {
        r = grace_start(c);
    }
    if (r < 0) {
        fd_close(&client);
        return r;
    }
    return session_link_start(c, client);
}

static int
start(struct connection *c, int client, int daemon_link)
{
    int r = init_loop(c);

    if (r == 0) {
        r = uvlink_new(&c->loop, daemon_link, ROUTE_LISTENER_TO_MONITOR,
                       on_daemon_message, on_daemon_end, c, &c->daemon);
        daemon_link = -1;
    }
    fd_close(&daemon_link);
    if (r == 0) {
        r = peer_of_socket(client, &c->peer);
    }
    if (r == 0) {
        c->client = fcntl(client, F_DUPFD_CLOEXEC, 0);
        r = c->client < 0 ? -errno : 0;
    }
    if (r < 0) {
        fd_close(&client);
        return r;
    }
    log_line(LOG_LEVEL_VERBOSE, "Connection from %s port %u on %s port %u",
             c->peer.ip, c->peer.port, c->peer.local_ip, c->peer.local_port);
    return start_parts(c, client);
}

static void
on_walk(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

static void
done(struct connection *c)
{
    uv_walk(&c->loop, on_walk, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    uv_loop_close(&c->loop);
    session_link_free(c->session);
    watchdog_free(c->watchdog);
    forwards_free(c);
    dialer_free(c->dialer);
    pam_link_free(c->pam);
    peer_name_free(c->peer_name);
    login_free(c->login);
    host_keys_done(&c->keys);
    policy_free(c->policy);
    bundle_done(&c->bundle);
}

int
connection_run(struct connection *c, int bundle, int client, int daemon_link)
{
    int r = startup_load(c, bundle);

    c->client = -1;
    fd_close(&bundle);
    if (r == 0) {
        r = start(c, client, daemon_link);
    }
    if (r < 0) {
        log_line(r == -ENOTCONN ? LOG_LEVEL_DEBUG1 : LOG_LEVEL_FATAL,
                 "cannot serve the connection: %s", strerror(-r));
        return EXIT_CLASS_NO_LOGIN;
    }
    uv_run(&c->loop, UV_RUN_DEFAULT);
    done(c);
    return (int)outcome_class(&c->outcome);
}
