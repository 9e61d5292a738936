#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "server/base/fd.h"
#include "server/base/privilege.h"
#include "server/base/programs.h"
#include "server/log/log.h"
#include "server/pam/serve.h"

/*
 * portcullis-pam: PAM for one connection, as root, from pam_start to pam_end.
 * Descriptor 3 is the link to the monitor, the programs follow.  It stays
 * privileged because modules need it; it sees no network, no host key and no
 * policy.
 */

#define LINK 3

static void
outlive(int number)
{
    (void)number;
}

/*
 * The end of the monitor is our end: a service manager that signals every
 * process must not keep the session from being closed.  Handlers, because
 * the helpers of modules would inherit ignored signals.
 */
static void
outlive_signals(void)
{
    const struct sigaction action = {
        .sa_handler = outlive,
        .sa_flags = SA_RESTART,
    };

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

static int
prepare(void)
{
    int r = fd_close_from(LINK + 1 + PROGRAM_COUNT);

    if (r == 0) {
        r = fd_set_cloexec(LINK);
    }
    if (r == 0) {
        r = fd_set_nonblocking(LINK, 0);
    }
    if (r == 0) {
        r = privilege_hide();
    }
    if (r == 0) {
        r = programs_inherit(LINK + 1);
    }
    return r;
}

int
main(void)
{
    int r = 0;

    log_open("portcullis-pam", LOG_TO_STDERR, LOG_AUTH, LOG_LEVEL_INFO);
    programs_name_process("portcullis-pam");
    outlive_signals();
    r = prepare();
    if (r < 0) {
        log_line(LOG_LEVEL_FATAL, "cannot start: %s", strerror(-r));
        return EXIT_FAILURE;
    }
    r = serve(LINK);
    if (r < 0) {
        log_line(LOG_LEVEL_FATAL, "lost the monitor: %s", strerror(-r));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
