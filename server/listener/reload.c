#include "server/listener/reload.h"

#include <string.h>

#include "server/listener/daemon.h"
#include "server/listener/host_key_check.h"
#include "server/log/log.h"

/* What a reload goes on with, once all of it is known to be good. */
struct next {
    struct configuration *configuration;
    struct listen_plan plan;
};

static int
prepare(const struct listener *l, struct next *ret)
{
    struct diag diag;
    char text[sizeof(diag) + 32];
    int status = 0; /* of no use here: the daemon goes on */
    int r = configuration_load(&l->options.origin, &listener_log,
                               &ret->configuration, &status);

    if (r == 0) {
        r = host_key_check(ret->configuration, &listener_log);
    }
    if (r < 0) {
        return r;
    }
    r = listen_plan_make(ret->configuration->settings, &ret->plan, &diag);
    if (r < 0) {
        policy_diag_format(&diag, text, sizeof(text));
        log_line(LOG_LEVEL_ERROR, "%s", text);
    }
    return r;
}

static struct listen_plan
plan_of(const struct sockets *sockets)
{
    struct listen_plan plan = {.count = sockets->count};

    for (size_t i = 0; i < sockets->count; i++) {
        plan.list[i] = sockets->list[i].address;
    }
    return plan;
}

/*
 * Old sockets go first: 127.0.0.1:22 cannot be bound while 0.0.0.0:22 is.
 * False: none of the new ones could be opened, and the old ones are back.
 */
static bool
move_sockets(struct listener *l, const struct listen_plan *plan)
{
    struct listen_plan before = plan_of(&l->sockets);
    bool moved = true;

    acceptor_stop(&l->acceptor);
    sockets_keep(&l->sockets, plan);
    sockets_open(&l->sockets, plan, &listener_log);
    if (l->sockets.count == 0) {
        moved = false;
        log_line(LOG_LEVEL_ERROR, "Cannot bind any address.");
        sockets_open(&l->sockets, &before, &listener_log);
    }
    if (acceptor_watch(&l->acceptor, &l->sockets) < 0 ||
        l->sockets.count == 0) {
        log_line(LOG_LEVEL_FATAL, "cannot listen any more");
        listener_stop(l, 255);
    }
    return moved;
}

static bool
is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
replace_configuration(struct listener *l, struct configuration *next)
{
    struct configuration *before = l->configuration;
    const char *old_file = before->settings->pid_file.value;

    l->configuration = next;
    listener_open_log(l);
    if (!is_same(old_file, next->settings->pid_file.value)) {
        if (old_file != NULL) {
            daemon_remove_pid_file(old_file);
        }
        listener_write_pid_file(l);
    }
    configuration_free(before);
}

void
listener_reload(struct listener *l)
{
    struct next next = {0};
    int r = 0;

    log_line(LOG_LEVEL_INFO, "Received SIGHUP; reloading.");
    r = prepare(l, &next);
    if (r < 0 || !move_sockets(l, &next.plan)) {
        log_line(LOG_LEVEL_ERROR,
                 "The new configuration cannot be used; the old one stays in "
                 "force.");
        configuration_free(next.configuration);
        return;
    }
    replace_configuration(l, next.configuration);
    log_line(LOG_LEVEL_INFO, "Configuration reloaded.");
}
