/*
 * portcullisd: binds, accepts, starts a portcullis-monitor for each client
 * and watches over logins and signals.  It parses no byte of SSH.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/installation.h"
#include "server/base/privilege.h"
#include "server/base/programs.h"
#include "server/base/spawn.h"
#include "server/listener/activation.h"
#include "server/listener/command_line.h"
#include "server/listener/configuration.h"
#include "server/listener/daemon.h"
#include "server/listener/examine.h"
#include "server/listener/host_key_check.h"
#include "server/listener/inetd.h"
#include "server/listener/listener.h"
#include "server/listener/portcullisd.h"
#include "server/log/log.h"

/* Static, so that what it holds at the end is no leak. */
static struct listener listener;
static struct inetd inetd;

/* What a service manager passed. */
static struct activation {
    struct sockets sockets;
    int r; /* 0, or negative errno with diag */
    struct diag diag;
} activation;

static int
die(int status, const char *what, int r)
{
    fprintf(stderr, "%s: %s\n", what, strerror(-r));
    return status;
}

static enum log_level
level_at_start(const struct command_line *options)
{
    if (options->quiet) {
        return LOG_LEVEL_QUIET;
    }
    if (options->debug > 0) {
        return LOG_LEVEL_VERBOSE + options->debug;
    }
    return LOG_LEVEL_INFO;
}

static void
say_line(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    log_line(level, "%s", text);
}

static const struct say terminal = {.line = say_line};

static char log_path[PATH_MAX]; /* of -E */

static bool
uses_stderr(const struct command_line *options)
{
    return options->to_stderr || options->log_file != NULL ||
           options->debug > 0;
}

static bool
is_inetd(const struct command_line *options)
{
    return options->inetd && options->mode == COMMAND_SERVE;
}

/* Under inetd stderr may be the connection itself. */
static enum log_target
target_at_start(const struct command_line *options)
{
    return is_inetd(options) && !uses_stderr(options) ? LOG_TO_SYSLOG
                                                      : LOG_TO_TERMINAL;
}

static struct configuration_origin
origin_of(const struct command_line *options, const char *directory,
          const char *home)
{
    return (struct configuration_origin){
        .file =
            options->file != NULL ? options->file : INSTALLATION_CONFIGURATION,
        .directory = directory,
        .home = home,
        .overrides = (const char *const *)options->overrides,
        .override_count = options->override_count,
        .log_to_stderr = uses_stderr(options),
        .without_host_keys = options->mode == COMMAND_PRINT,
    };
}

/* All that -t tests. 0, or the exit status. */
static int
test(const struct configuration *c)
{
    struct listen_plan plan;
    struct diag diag = {0};
    char text[sizeof(diag) + 32];
    int r = 0;

    if (listen_plan_make(c->settings, &plan, &diag) < 0) {
        policy_diag_format(&diag, text, sizeof(text));
        say(&terminal, LOG_LEVEL_ERROR, "%s", text);
        return STATUS_FATAL;
    }
    if (daemon_check_separation(false, &diag) < 0) {
        say(&terminal, LOG_LEVEL_FATAL, "%s", diag.text);
        return STATUS_FATAL;
    }
    r = host_key_check(c, &terminal);
    if (r == -ENOKEY) {
        return STATUS_USAGE;
    }
    return r < 0 ? STATUS_FATAL : 0;
}

/* Harden, then leave the terminal: what fails here is said there. */
static int
enter_service(const struct command_line *options, int *ret_parent)
{
    struct diag diag = {0};
    int r = daemon_check_separation(true, &diag);

    if (r < 0) {
        say(&terminal, LOG_LEVEL_FATAL, "%s", diag.text);
        return r;
    }
    umask(022);
    r = daemon_forbid_cores();
    if (r == 0) {
        r = privilege_hide();
    }
    if (r == 0 && chdir("/") < 0) {
        r = -errno;
    }
    if (r == 0 && !options->foreground && !options->inetd &&
        options->debug == 0) {
        r = daemon_detach(ret_parent);
    }
    if (r < 0) {
        say(&terminal, LOG_LEVEL_FATAL, "cannot become a daemon: %s",
            strerror(-r));
    }
    return r;
}

/* 0, or a negative errno that was spoken of. */
static int
check_passed(void)
{
    if (activation.r < 0) {
        say(&terminal, LOG_LEVEL_FATAL, "%s", activation.diag.text);
    }
    return activation.r;
}

/* All programs are there, and stay what they are now. 0 or -errno. */
static int
open_programs(void)
{
    const char *name = NULL;
    int r = programs_open(spawn_folder(), &name);

    if (r < 0) {
        say(&terminal, LOG_LEVEL_FATAL, "cannot open %s/%s: %s", spawn_folder(),
            name, strerror(-r));
    }
    return r;
}

static int
serve(const struct command_line *options,
      const struct configuration_origin *origin, struct configuration *c)
{
    int parent = -1;
    struct listener_options how = {
        .origin = *origin,
        .to_stderr = uses_stderr(options),
        .log_file = options->log_file != NULL ? log_path : NULL,
        .debug = options->debug > 0,
    };

    if (options->inetd) {
        how.inetd = &inetd;
        sockets_close(&activation.sockets);
    }
    how.passed = activation.sockets;
    if (open_programs() < 0 || (!options->inetd && check_passed() < 0) ||
        enter_service(options, &parent) < 0) {
        configuration_free(c);
        return STATUS_FATAL;
    }
    how.parent = parent >= 0 ? &parent : NULL;
    return listener_run(&listener, &how, c);
}

/* -i: before the process holds any secret. 0, or -errno, spoken of. */
static int
take_stdio(const struct command_line *options)
{
    struct diag diag = {0};
    int r = inetd_take(&inetd, uses_stderr(options), &diag);

    if (r < 0) {
        say(&terminal, LOG_LEVEL_FATAL, "%s", diag.text);
    }
    return r;
}

static int
run(const struct command_line *options)
{
    char directory[PATH_MAX];
    const struct passwd *account = getpwuid(getuid());
    struct configuration_origin origin;
    struct configuration *c = NULL;
    char *home = account != NULL ? strdup(account->pw_dir) : NULL;
    int status = 0;

    if (getcwd(directory, sizeof(directory)) == NULL) {
        directory[0] = '/';
        directory[1] = '\0';
    }
    origin = origin_of(options, directory, home);
    if (configuration_load(&origin, &terminal, &c, &status) < 0) {
        free(home);
        return status;
    }
    if (options->mode != COMMAND_PRINT) {
        status = test(c);
    }
    if (status == 0 && options->mode == COMMAND_TEST && options->verbose) {
        examine_warnings(c, &terminal);
    }
    if (status == 0 && options->mode == COMMAND_SERVE) {
        status = serve(options, &origin, c);
        free(home);
        return status;
    }
    if (status == 0 && options->mode != COMMAND_TEST) {
        status = examine_dump(c, options, &terminal);
    }
    configuration_free(c);
    free(home);
    return status;
}

static int
start(struct command_line *options)
{
    int r = spawn_init();

    if (r < 0) {
        return die(STATUS_FATAL, "cannot find the programs", r);
    }
    if (options->mode == COMMAND_VERSION) {
        return examine_version();
    }
    if (options->log_file != NULL) {
        r = daemon_log_path(options->log_file, log_path);
        r = r < 0 ? r : daemon_log_to_file(log_path);
    }
    if (r < 0) {
        fprintf(stderr, "Couldn't open logfile %s: %s\n", options->log_file,
                strerror(-r));
        return STATUS_USAGE;
    }
    log_open("portcullisd", target_at_start(options), LOG_AUTH,
             level_at_start(options));
    if (is_inetd(options) && take_stdio(options) < 0) {
        return STATUS_FATAL;
    }
    return run(options);
}

int
main(int argc, char *argv[])
{
    struct command_line options;
    struct command_line_error error;
    int status = 0;
    int r = daemon_open_streams();

    r = r < 0 ? r : daemon_reset_signals();
    activation.r = activation_take(&activation.sockets, &activation.diag);
    if (r == 0) {
        r = fd_close_from(ACTIVATION_FIRST_FD + (int)activation.sockets.count);
    }
    if (r < 0) {
        return die(STATUS_USAGE, "cannot start", r);
    }
    if (command_line_parse(argc, argv, &options, &error) < 0) {
        fprintf(stderr, "%s\n%s", error.diag.text,
                error.usage ? command_line_usage : "");
        command_line_done(&options);
        return error.status;
    }
    status = start(&options);
    command_line_done(&options);
    return status;
}
