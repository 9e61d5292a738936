#include "server/listener/reload.h"

#include <string.h>

#include "server/listener/daemon.h"
#include "server/listener/host_key_check.h"
#include "server/listener/portcullisd.h"
#include "server/listener/rebind.h"
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

/* False: the sockets are those from before, or there are none at all. */
static bool
move_sockets(struct listener *l, const struct listen_plan *plan)
{
    bool moved = true;

    if (l->options.passed.count > 0) {
        return true; /* the service manager's, whatever we read */
    }
    acceptor_stop(&l->acceptor);
    moved = rebind(&l->sockets, &l->plan, plan, &listener_log) == 0;
    if (moved) {
        l->plan = *plan;
    }
    if (acceptor_watch(&l->acceptor, &l->sockets) < 0 ||
        l->sockets.count == 0) {
        log_line(LOG_LEVEL_FATAL, "cannot listen any more");
        listener_stop(l, STATUS_FATAL);
        return false;
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
    penalties_reload(&l->admission.penalties, next->settings);
    listener_open_log(l);
    if (old_file != NULL &&
        !is_same(old_file, next->settings->pid_file.value)) {
        daemon_remove_pid_file(old_file);
    }
    listener_write_pid_file(l); /* somebody may have removed it */
    configuration_free(before);
}

/* A rotated file is left to those who still write to it. */
static void
reopen_log_file(const struct listener *l)
{
    const char *path = l->options.log_file;
    int r = path == NULL ? 0 : daemon_log_to_file(path);

    if (r < 0) {
        log_line(LOG_LEVEL_ERROR, "Couldn't open logfile %s: %s", path,
                 strerror(-r));
    }
}

static void
reload(struct listener *l)
{
    struct next next = {0};

    if (prepare(l, &next) == 0 && move_sockets(l, &next.plan)) {
        replace_configuration(l, next.configuration);
        log_line(LOG_LEVEL_INFO, "Configuration reloaded.");
        return;
    }
    configuration_free(next.configuration);
    if (!l->is_stopping) {
        log_line(LOG_LEVEL_ERROR,
                 "The new configuration cannot be used; the old one stays in "
                 "force.");
    }
}

void
listener_reload(struct listener *l)
{
    if (l->is_stopping) {
        return; /* SIGHUP came behind SIGTERM, and both at once */
    }
    listener_notify(NOTIFY_RELOADING);
    reopen_log_file(l);
    log_line(LOG_LEVEL_INFO, "Received SIGHUP; reloading.");
    reload(l);
    if (!l->is_stopping) {
        listener_notify(NOTIFY_READY);
    }
}
