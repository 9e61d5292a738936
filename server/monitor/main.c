/*
 * portcullis-monitor: one a connection, as root.  It holds the host keys and
 * decides everything; it parses no packet, resolves and connects nothing.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "server/auth/crypto_init.h"
#include "server/base/fd.h"
#include "server/base/privilege.h"
#include "server/base/programs.h"
#include "server/log/log.h"
#include "server/monitor/check.h"
#include "server/monitor/connection.h"

#define BUNDLE_FD 3
#define CLIENT_FD 4
#define DAEMON_FD 5
#define PROGRAM_FD 6

static struct connection connection;

/* What every monitor does before it looks at anything. 0 or -errno. */
static int
prepare(int first_unused)
{
    int r = fd_close_from(first_unused);

    for (int fd = BUNDLE_FD; r == 0 && fd < first_unused; fd++) {
        r = fd_set_cloexec(fd);
    }
    if (r == 0) {
        r = privilege_hide();
    }
    signal(SIGPIPE, SIG_IGN);
    return r;
}

int
main(int argc, char **argv)
{
    bool is_check = argc == 2 && strcmp(argv[1], "--check") == 0;
    bool is_patient = argc == 2 && strcmp(argv[1], "--no-grace-time") == 0;
    int r = 0;

    if (argc != 1 && !is_check && !is_patient) {
        fprintf(stderr, "portcullis-monitor is started by portcullisd\n");
        return EXIT_FAILURE;
    }
    log_open("portcullisd", LOG_TO_STDERR, LOG_AUTH, LOG_LEVEL_INFO);
    programs_name_process("portcullis-monitor");
    r = prepare(is_check ? CLIENT_FD : PROGRAM_FD + PROGRAM_COUNT);
    if (r == 0 && !is_check) {
        r = programs_inherit(PROGRAM_FD);
    }
    if (r == 0) {
        r = crypto_init();
    }
    if (r < 0) {
        log_line(LOG_LEVEL_FATAL, "cannot start: %s", strerror(-r));
        return EXIT_FAILURE;
    }
    if (is_check) {
        return check_host_keys(BUNDLE_FD);
    }
    connection.has_no_grace_time = is_patient;
    return connection_run(&connection, BUNDLE_FD, CLIENT_FD, DAEMON_FD);
}
