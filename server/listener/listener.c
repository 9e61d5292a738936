#include "server/listener/listener.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/spawn.h"
#include "server/listener/arrivals.h"
#include "server/listener/daemon.h"
#include "server/listener/portcullisd.h"
#include "server/listener/reload.h"
#include "server/log/log.h"

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

/* One connection's servant is nobody's to find by a pid file. */
static bool
serves_one(const struct listener *l)
{
    return l->options.debug || l->options.inetd != NULL;
}

void
listener_notify(enum notify_state state)
{
    int r = notify_send(state);

    if (r < 0) {
        log_line(LOG_LEVEL_ERROR, "cannot tell the service manager: %s",
                 strerror(-r));
    }
}

void
listener_stop(struct listener *l, int status)
{
    const char *pid_file = l->configuration->settings->pid_file.value;

    l->is_stopping = true;
    if (l->options.inetd == NULL) {
        listener_notify(NOTIFY_STOPPING);
    }
    acceptor_stop(&l->acceptor);
    sockets_close(&l->sockets);
    if (!serves_one(l) && pid_file != NULL) {
        daemon_remove_pid_file(pid_file);
    }
    l->status = status;
    uv_stop(&l->loop);
}

static void
on_end_signal(uv_signal_t *handle, int number)
{
    struct listener *l = handle->data;

    if (serves_one(l) && l->connections.count > 0) {
        connections_end(&l->connections); /* and its end is ours */
        return;
    }
    log_line(LOG_LEVEL_INFO, "Received signal %d; terminating.", number);
    listener_stop(l, number == SIGQUIT ? STATUS_FATAL : 0);
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

static void
on_last_written(void *arg)
{
    struct listener *l = arg;

    listener_stop(l, l->status);
}

/* With -d and -i the one connection's end is ours. */
static void
on_connection_gone(void *arg, const struct connection_end *end)
{
    struct listener *l = arg;
    struct inetd *inetd = l->options.inetd;

    if (!serves_one(l)) {
        penalties_add(&l->admission.penalties, l->configuration->settings,
                      &end->client, end->why, arrivals_now_us(l),
                      &listener_log);
        return;
    }
    l->status =
        WIFEXITED(end->status) ? WEXITSTATUS(end->status) : STATUS_FATAL;
    if (inetd != NULL && inetd->bridge.socket >= 0) {
        bridge_finish(&inetd->bridge, on_last_written, l);
    } else {
        listener_stop(l, l->status);
    }
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
        {&l->on_hup, serves_one(l) ? on_end_signal : on_sighup, SIGHUP},
    };
    size_t count = sizeof(rows) / sizeof(rows[0]);
    int r = 0;

    signal(SIGPIPE, SIG_IGN);
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
        r = acceptor_init(&l->acceptor, &l->loop, arrivals_client, l);
    }
    connections_init(&l->connections, &l->loop, on_connection_gone, l);
    return r;
}

/* 0, or a negative errno that has been spoken of. */
static int
bind_addresses(struct listener *l, const struct say *to)
{
    struct diag diag;
    char text[sizeof(diag) + 32];
    int r = listen_plan_make(l->configuration->settings, &l->plan, &diag);

    if (r < 0) {
        policy_diag_format(&diag, text, sizeof(text));
        say(to, LOG_LEVEL_FATAL, "%s", text);
        return r;
    }
    sockets_open(&l->sockets, &l->plan, to);
    if (l->sockets.count == 0) {
        say(to, LOG_LEVEL_FATAL, "Cannot bind any address.");
        return -EADDRNOTAVAIL;
    }
    return 0;
}

static void
take_passed(struct listener *l, const struct say *to)
{
    l->sockets = l->options.passed;
    for (size_t i = 0; i < l->sockets.count; i++) {
        sockets_say_listening(&l->sockets.list[i].address, to);
    }
    say(to, LOG_LEVEL_INFO,
        "The service manager passed %zu socket%s; ListenAddress and Port are "
        "not used.",
        l->sockets.count, l->sockets.count == 1 ? "" : "s");
}

/* 0, or a negative errno that has been spoken of. */
static int
open_sockets(struct listener *l)
{
    const struct say to = {.line = say_at_start, .arg = l};
    int r = 0;

    if (l->options.passed.count > 0) {
        take_passed(l, &to);
    } else {
        r = bind_addresses(l, &to);
    }
    if (r < 0) {
        return r;
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

    if (serves_one(l) || path == NULL) {
        return;
    }
    r = daemon_write_pid_file(path);
    if (r < 0) {
        log_line(LOG_LEVEL_ERROR, "Couldn't create pid file \"%s\": %s", path,
                 strerror(-r));
    }
}

/* 0, or a negative errno that has been spoken of. */
static int
open_door(struct listener *l)
{
    int r = open_sockets(l);

    if (r < 0) {
        return r;
    }
    listener_write_pid_file(l);
    listener_notify(NOTIFY_READY);
    if (l->options.parent != NULL) {
        daemon_ready(l->options.parent, l->options.to_stderr);
        l->options.parent = NULL;
    }
    return 0;
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
    admission_init(&l->admission);
    listener_open_log(l);
    r = daemon_adopt_orphans();
    if (r == 0) {
        r = spawn_raise_files(SPAWN_FILES_MAX); /* a link a connection */
    }
    if (r == 0) {
        r = init_loop(l);
    }
    if (r < 0) {
        log_line(LOG_LEVEL_FATAL, "cannot start: %s", strerror(-r));
        return STATUS_FATAL;
    }
    r = l->options.inetd != NULL ? arrivals_standard_input(l) : open_door(l);
    if (r < 0) {
        return STATUS_FATAL;
    }
    uv_run(&l->loop, UV_RUN_DEFAULT);
    return l->status;
}
