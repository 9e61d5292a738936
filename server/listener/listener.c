#include "server/listener/listener.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/spawn.h"
#include "server/listener/daemon.h"
#include "server/listener/reload.h"
#include "server/log/log.h"

#define STATUS_FATAL 255

static void
say_to_log(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    log_line(level, "%s", text);
}

const struct say listener_log = {.line = say_to_log};

/* While somebody waits at a terminal, failures are said there as well. */
static void
say_at_start(void *arg, enum log_level level, const char *text)
{
    const struct listener *l = arg;

    log_line(level, "%s", text);
    if (level <= LOG_LEVEL_ERROR && l->options.parent != NULL &&
        !l->options.to_stderr) {
        fprintf(stderr, "%s\n", text);
    }
}

void
listener_open_log(const struct listener *l)
{
    const struct settings *s = l->configuration->settings;

    log_open("portcullisd",
             l->options.to_stderr ? LOG_TO_STDERR : LOG_TO_SYSLOG,
             s->syslog_facility.value, (enum log_level)s->log_level.value);
    if (geteuid() != 0 && s->use_pam.value != 0) {
        log_line(LOG_LEVEL_INFO, "UsePAM yes is treated as no without root");
    }
}

void
listener_stop(struct listener *l, int status)
{
    const char *pid_file = l->configuration->settings->pid_file.value;

    acceptor_stop(&l->acceptor);
    sockets_close(&l->sockets);
    if (!l->options.debug && pid_file != NULL) {
        daemon_remove_pid_file(pid_file);
    }
    l->status = status;
    uv_stop(&l->loop);
}

static void
on_end_signal(uv_signal_t *handle, int number)
{
    log_line(LOG_LEVEL_INFO, "Received signal %d; terminating.", number);
    listener_stop(handle->data, number == SIGQUIT ? STATUS_FATAL : 0);
}

static void
on_sighup(uv_signal_t *handle, int number)
{
    (void)number;
    listener_reload(handle->data);
}

static void
on_sigchld(uv_signal_t *handle, int number)
{
    struct listener *l = handle->data;

    (void)number;
    connections_reap(&l->connections);
}

/* In debug mode the one connection's end is ours. */
static void
on_connection_gone(void *arg, int status)
{
    struct listener *l = arg;

    if (l->options.debug) {
        listener_stop(l,
                      WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FATAL);
    }
}

static bool
is_admitted(struct listener *l, const struct connection_start *start)
{
    char peer[SOCKET_HOST_MAX];
    char local[SOCKET_HOST_MAX];
    const struct startup next = {
        .waiting = l->connections.waiting,
        .now_ms = uv_now(&l->loop),
        .peer = peer,
        .local = local,
        .peer_port = socket_address_port(&start->peer),
        .local_port = socket_address_port(&start->local),
    };

    socket_address_format(&start->peer, peer);
    socket_address_format(&start->local, local);
    return startups_admit(&l->startups, &next, &listener_log);
}

static int
serve_client(struct listener *l, const struct connection_start *start)
{
    static const char refusal[] = "Not allowed at this time\r\n";
    int r = 0;

    if (!is_admitted(l, start)) {
        send(start->client, refusal, sizeof(refusal) - 1,
             MSG_DONTWAIT | MSG_NOSIGNAL);
        return 0;
    }
    r = connections_start(&l->connections, start);
    if (r < 0 && !acceptor_is_exhausted(r)) {
        log_line(LOG_LEVEL_ERROR, "cannot start portcullis-monitor: %s",
                 strerror(-r));
    }
    return r;
}

/* TCPKeepAlive yes: a peer that vanished is noticed some day. */
static void
keep_alive(int client)
{
    static const int on = 1;

    setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static int
on_client(void *arg, int client, const struct socket_address *peer)
{
    struct listener *l = arg;
    const struct settings *s = l->configuration->settings;
    struct connection_start start = {
        .bundle = l->configuration->bundle,
        .client = client,
        .peer = *peer,
        .local = {.size = sizeof(start.local.storage)},
        .grace_time_s = l->options.debug ? 0 : s->login_grace_time_s.value,
        .with_terminal = l->options.debug,
    };
    int r = 0;

    if (getsockname(client, (struct sockaddr *)&start.local.storage,
                    &start.local.size) == 0) {
        if (s->tcp_keep_alive.value != 0) {
            keep_alive(client);
        }
        r = serve_client(l, &start);
    }
    close(client);
    if (l->options.debug) {
        acceptor_stop(&l->acceptor);
        sockets_close(&l->sockets);
    }
    if (l->options.debug && r < 0) {
        listener_stop(l, STATUS_FATAL);
    }
    return r;
}

static int
watch_signals(struct listener *l)
{
    const struct {
        uv_signal_t *handle;
        uv_signal_cb on_signal;
        int number;
    } rows[] = {
        {&l->on_child, on_sigchld, SIGCHLD},
        {&l->on_int, on_end_signal, SIGINT},
        {&l->on_quit, on_end_signal, SIGQUIT},
        {&l->on_term, on_end_signal, SIGTERM},
        {&l->on_hup, on_sighup, SIGHUP},
    };
    size_t count = sizeof(rows) / sizeof(rows[0]);
    int r = 0;

    signal(SIGPIPE, SIG_IGN);
    if (l->options.debug) {
        count--; /* nothing to reload for: SIGHUP ends it */
    }
    for (size_t i = 0; r == 0 && i < count; i++) {
        r = uv_signal_init(&l->loop, rows[i].handle);
        rows[i].handle->data = l;
        if (r == 0) {
            r = uv_signal_start(rows[i].handle, rows[i].on_signal,
                                rows[i].number);
        }
    }
    return r;
}

static int
init_loop(struct listener *l)
{
    int r = uv_loop_init(&l->loop);

    if (r == 0) {
        r = watch_signals(l);
    }
    if (r == 0) {
        r = acceptor_init(&l->acceptor, &l->loop, on_client, l);
    }
    connections_init(&l->connections, &l->loop, on_connection_gone, l);
    return r;
}

/* 0, or a negative errno that has been spoken of. */
static int
open_sockets(struct listener *l)
{
    const struct say to = {.line = say_at_start, .arg = l};
    struct listen_plan plan;
    struct diag diag;
    char text[sizeof(diag) + 32];
    int r = listen_plan_make(l->configuration->settings, &plan, &diag);

    if (r < 0) {
        policy_diag_format(&diag, text, sizeof(text));
        say(&to, LOG_LEVEL_FATAL, "%s", text);
        return r;
    }
    sockets_open(&l->sockets, &plan, &to);
    if (l->sockets.count == 0) {
        say(&to, LOG_LEVEL_FATAL, "Cannot bind any address.");
        return -EADDRNOTAVAIL;
    }
    r = acceptor_watch(&l->acceptor, &l->sockets);
    if (r < 0) {
        say(&to, LOG_LEVEL_FATAL, "cannot watch the sockets: %s", strerror(-r));
    }
    return r;
}

void
listener_write_pid_file(const struct listener *l)
{
    const char *path = l->configuration->settings->pid_file.value;
    int r = 0;

    if (l->options.debug || path == NULL) {
        return;
    }
    r = daemon_write_pid_file(path);
    if (r < 0) {
        log_line(LOG_LEVEL_ERROR, "Couldn't create pid file \"%s\": %s", path,
                 strerror(-r));
    }
}

int
listener_run(struct listener *l, const struct listener_options *options,
             struct configuration *configuration)
{
    int r = 0;

    *l = (struct listener){
        .options = *options,
        .configuration = configuration,
        .status = STATUS_FATAL,
    };
    listener_open_log(l);
    r = daemon_adopt_orphans();
    if (r == 0) {
        r = spawn_raise_files(); /* a link for each connection */
    }
    if (r == 0) {
        r = init_loop(l);
    }
    if (r < 0) {
        log_line(LOG_LEVEL_FATAL, "cannot start: %s", strerror(-r));
        return STATUS_FATAL;
    }
    if (open_sockets(l) < 0) {
        return STATUS_FATAL;
    }
    listener_write_pid_file(l);
    if (l->options.parent != NULL) {
        daemon_ready(l->options.parent, l->options.to_stderr);
        l->options.parent = NULL;
    }
    uv_run(&l->loop, UV_RUN_DEFAULT);
    return l->status;
}
