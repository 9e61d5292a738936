#include "server/listener/arrivals.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/programs.h"
#include "server/base/random.h"
#include "server/listener/daemon.h"
#include "server/listener/portcullisd.h"
#include "server/log/log.h"

uint64_t
arrivals_now_us(const struct listener *l)
{
    return uv_now(&l->loop) * 1000;
}

static bool
is_admitted(struct listener *l, const struct connection_start *start)
{
    const struct settings *s = l->configuration->settings;
    struct arrival next = {
        .client = socket_address_of(&start->peer),
        .local = socket_address_of(&start->local),
        .client_port = socket_address_port(&start->peer),
        .local_port = socket_address_port(&start->local),
        .waiting = l->connections.waiting,
        .dice = random_below(100),
        .now_us = arrivals_now_us(l),
    };

    if (s->per_source_max_startups.value != STARTUPS_UNLIMITED) {
        next.waiting_from_source = connections_waiting_from(
            &l->connections, &next.client, &s->per_source_net_block_size);
    }
    return admission_allows(&l->admission, s, &next, &listener_log);
}

/* /run is swept by many a broom, and the door must not shut for that. */
static int
start_monitor(struct listener *l, const struct connection_start *start)
{
    struct diag diag = {0};
    int r = daemon_make_directory(&diag);

    if (r < 0) {
        log_line(LOG_LEVEL_ERROR, "%s", diag.text);
        return r;
    }
    r = connections_start(&l->connections, start);

    if (r < 0 && !acceptor_is_exhausted(r)) {
        log_line(LOG_LEVEL_ERROR, "cannot start portcullis-monitor: %s",
                 programs_error(r));
    }
    return r;
}

static int
serve_client(struct listener *l, const struct connection_start *start)
{
    static const char refusal[] = "Not allowed at this time\r\n";

    if (!is_admitted(l, start)) {
        send(start->client, refusal, sizeof(refusal) - 1,
             MSG_DONTWAIT | MSG_NOSIGNAL);
        return 0;
    }
    return start_monitor(l, start);
}

/* TCPKeepAlive yes: a peer that vanished is noticed some day. */
static void
keep_alive(int client)
{
    static const int on = 1;

    setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* What a connection on this socket begins with. */
static struct connection_start
start_of(const struct listener *l, int client)
{
    const struct settings *s = l->configuration->settings;

    return (struct connection_start){
        .bundle = l->configuration->bundle,
        .client = client,
        .grace_time_s = l->options.debug ? 0 : s->login_grace_time_s.value,
        .with_terminal = l->options.debug,
    };
}

/* The same with our end's address and the socket's options; 0 or -errno. */
static int
complete(const struct listener *l, struct connection_start *start)
{
    start->local.size = sizeof(start->local.storage);
    if (getsockname(start->client, (struct sockaddr *)&start->local.storage,
                    &start->local.size) < 0) {
        return -errno;
    }
    if (l->configuration->settings->tcp_keep_alive.value != 0) {
        keep_alive(start->client);
    }
    return 0;
}

int
arrivals_client(void *arg, int client, const struct socket_address *peer)
{
    struct listener *l = arg;
    struct connection_start start = start_of(l, client);
    int r = 0;

    start.peer = *peer;
    if (complete(l, &start) == 0) {
        r = serve_client(l, &start);
    }
    close(client);
    if (l->options.debug && l->connections.count > 0) {
        acceptor_stop(&l->acceptor);
        sockets_close(&l->sockets);
    }
    if (l->options.debug && r < 0) {
        listener_stop(l, STATUS_FATAL);
    }
    return r;
}

int
arrivals_standard_input(struct listener *l)
{
    struct inetd *inetd = l->options.inetd;
    struct connection_start start = start_of(l, inetd->client);
    int r = 0;

    if (inetd->bridge.socket >= 0) {
        r = bridge_watch(&inetd->bridge, &l->loop);
    }
    if (r < 0) {
        log_line(LOG_LEVEL_FATAL, "cannot start: %s", strerror(-r));
        return r;
    }
    start.peer.size = sizeof(start.peer.storage);
    if (getpeername(inetd->client, (struct sockaddr *)&start.peer.storage,
                    &start.peer.size) < 0) {
        log_line(LOG_LEVEL_FATAL, "cannot serve standard input: %s",
                 strerror(errno));
        return -errno;
    }
    r = complete(l, &start);
    if (r == 0) {
        r = start_monitor(l, &start);
    }
    fd_close(&inetd->client);
    if (acceptor_is_exhausted(r)) {
        log_line(LOG_LEVEL_FATAL, "cannot start: %s", strerror(-r));
    }
    return r;
}
