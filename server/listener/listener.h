#ifndef SERVER_LISTENER_LISTENER_H
#define SERVER_LISTENER_LISTENER_H

#include <stdbool.h>
#include <uv.h>

#include "server/listener/acceptor.h"
#include "server/listener/admission.h"
#include "server/listener/configuration.h"
#include "server/listener/connections.h"
#include "server/listener/inetd.h"
#include "server/listener/notify.h"
#include "server/listener/sockets.h"

/* How the daemon runs, whatever its configuration says. */
struct listener_options {
    struct configuration_origin origin; /* what a reload reads again */
    bool to_stderr;                     /* -e, -E, -d */
    const char *log_file; /* -E, absolute: opened anew at each reload */
    bool debug;           /* -d: one connection, no time limit, no pid file */
    int *parent; /* to be told when all is up, see daemon_ready(); or NULL */
    /* -i: serve this and nothing else.  Or NULL. */
    struct inetd *inetd;
    /* From the service manager; with any, no address is bound. */
    struct sockets passed;
};

/*
 * The daemon.
 *
 * - configuration is never NULL, and changes as a whole (on SIGHUP).
 * - sockets are those that acceptor watches; those of plan, as far as they
 *   could be opened, or those that were passed.
 */
struct listener {
    uv_loop_t loop;
    uv_signal_t on_child, on_hup, on_int, on_quit, on_term;
    struct listener_options options;
    struct configuration *configuration;
    struct listen_plan plan; /* empty with passed sockets and with -i */
    struct sockets sockets;
    struct acceptor acceptor;
    struct connections connections;
    struct admission admission;
    bool is_stopping; /* nothing is opened any more */
    int status;       /* exit status */
};

/*
 * Serve with configuration (taken) until a signal ends it, or with -d and -i
 * until the one connection has ended.  Returns the exit status.  Connections
 * live on, but not that of -i, which a signal ends first.
 */
int listener_run(struct listener *l, const struct listener_options *options,
                 struct configuration *configuration);

/* For reload.c. */
extern const struct say listener_log;
void listener_open_log(const struct listener *l);
void listener_write_pid_file(const struct listener *l);
void listener_notify(enum notify_state state);
void listener_stop(struct listener *l, int status);

#endif
