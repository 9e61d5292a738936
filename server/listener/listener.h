#ifndef SERVER_LISTENER_LISTENER_H
#define SERVER_LISTENER_LISTENER_H

#include <stdbool.h>
#include <uv.h>

#include "server/listener/acceptor.h"
#include "server/listener/configuration.h"
#include "server/listener/connections.h"
#include "server/listener/sockets.h"
#include "server/listener/startups.h"

/* How the daemon runs, whatever its configuration says. */
struct listener_options {
    struct configuration_origin origin; /* what a reload reads again */
    bool to_stderr;                     /* -e, -E, -d */
    bool debug;  /* -d: one connection, no time limit, no pid file */
    int *parent; /* to be told when all is up, see daemon_ready(); or NULL */
};

/*
 * The daemon.
 *
 * - configuration is never NULL, and changes as a whole (on SIGHUP).
 * - sockets are those that acceptor watches.
 */
struct listener {
    uv_loop_t loop;
    uv_signal_t on_child, on_hup, on_int, on_quit, on_term;
    struct listener_options options;
    struct configuration *configuration;
    struct sockets sockets;
    struct acceptor acceptor;
    struct connections connections;
    struct startups startups;
    int status; /* exit status */
};

/*
 * Serve with configuration (taken) until a signal ends it, or in debug mode
 * until the one connection has ended.  Returns the exit status; connections
 * live on.
 */
int listener_run(struct listener *l, const struct listener_options *options,
                 struct configuration *configuration);

/* For reload.c. */
extern const struct say listener_log;
void listener_open_log(const struct listener *l);
void listener_write_pid_file(const struct listener *l);
void listener_stop(struct listener *l, int status);

#endif
