#include <errno.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/file_limit.h"
#include "server/base/privilege.h"
#include "server/base/programs.h"
#include "server/dialer/dialer.h"
#include "server/limits.h"
#include "server/log/log.h"

/*
 * portcullis-dialer UID GID: resolves names, connects and listens as the user
 * who is logged in, for one connection.  Descriptor 3 is the link to the
 * monitor, which decides.  Started as root it becomes the user first; whoever
 * started it has set the user's groups.  Started as anybody else it takes no
 * arguments.
 */

#define LINK 3

/* A decimal number that is an id: (uid_t)-1 is none. */
static int
read_id(const char *text, uint32_t *ret)
{
    char *end = NULL;
    unsigned long long value;

    if (text[0] < '0' || text[0] > '9') {
        return -EINVAL;
    }
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || value >= UINT32_MAX) {
        return -EINVAL;
    }
    *ret = (uint32_t)value;
    return 0;
}

/*
 * Root may listen on every port, as with sshd; that is all that is left of
 * its power.  For everybody else the kernel's rules for users hold.
 */
static int
become_user(const char *uid, const char *gid)
{
    struct privilege to = {.keep_groups = 1};

    if (read_id(uid, &to.uid) < 0 || read_id(gid, &to.gid) < 0) {
        return -EINVAL;
    }
    if (to.uid == 0) {
        to.capabilities = (uint64_t)1 << CAP_NET_BIND_SERVICE;
    }
    return privilege_drop(&to);
}

static int
prepare(int argc, char **argv)
{
    int r = fd_close_from(LINK + 1);

    if (r == 0) {
        r = fd_set_cloexec(LINK);
    }
    if (r == 0 && chdir("/") < 0) { /* relative paths of sockets start there */
        r = -errno;
    }
    if (r < 0) {
        return r;
    }
    if (geteuid() != 0) {
        return argc == 1 ? privilege_harden() : -EINVAL;
    }
    return argc == 3 ? become_user(argv[1], argv[2]) : -EINVAL;
}

int
main(int argc, char **argv)
{
    int r = 0;

    /* Not an arena a lookup: pam_limits may bound the address space. */
    mallopt(M_ARENA_MAX, 1);
    log_open("portcullis-dialer", LOG_TO_STDERR, LOG_AUTH, LOG_LEVEL_INFO);
    programs_name_process("portcullis-dialer");
    r = prepare(argc, argv);
    if (r < 0) {
        log_line(LOG_LEVEL_FATAL, "cannot start: %s", strerror(-r));
        _exit(EXIT_FAILURE);
    }
    r = fd_silence_output(); /* the log is not the user's to write */
    if (r == 0) {
        r = file_limit_raise(LIMIT_DIALER_FILES);
    }
    if (r == 0) {
        r = dialer_run(LINK);
    }
    /* Not exit(): lookups may be running, in libraries it would take down. */
    _exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
