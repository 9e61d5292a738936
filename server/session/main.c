/*
 * portcullis-session: speaks SSH to one client.  Started by the monitor with
 * the client's socket and two links; drops everything it could do harm with
 * before it reads the first byte from the peer.
 *
 *   portcullis-session [UID GID DIRECTORY]   3: client, 4: async, 5: sync
 *   portcullis-session -V                    versions
 *   portcullis-session --self-test           what the sandbox refuses
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/file_limit.h"
#include "server/base/privilege.h"
#include "server/base/programs.h"
#include "server/limits.h"
#include "server/sandbox/sandbox.h"
#include "server/session/courier.h"
#include "server/ssh/transport.h"

enum { CLIENT_FD = 3, ASYNC_FD = 4, SYNC_FD = 5, FIRST_UNUSED_FD = 6 };

/* Code, libraries, libssh's buffers. */
#define BASE_BYTES ((rlim_t)256 << 20)
#define CHANNEL_BYTES ((rlim_t)1 << 20) /* one channel at its worst */
#define WINDOW_FACTOR ((rlim_t)3) /* spill.c may take three times as much */

#ifdef PORTCULLIS_SANITIZED
const char *__asan_default_options(void);

/* The leak checker needs ptrace, which this process does not have. */
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

static int
complain(const char *what, int error)
{
    fprintf(stderr, "portcullis-session: %s: %s\n", what, strerror(-error));
    return EXIT_FAILURE;
}

static int
limit(int resource, rlim_t value)
{
    const struct rlimit to = {.rlim_cur = value, .rlim_max = value};
    struct rlimit now;

    if (getrlimit((__rlimit_resource_t)resource, &now) < 0) {
        return -errno;
    }
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value) {
        return 0; /* the administrator wants less */
    }
    return setrlimit((__rlimit_resource_t)resource, &to) < 0 ? -errno : 0;
}

static int
set_limits(const struct msg_setup *setup)
{
    int r = file_limit_fix(setup->max_channels + LIMIT_SPARE_FILES);

#ifndef PORTCULLIS_SANITIZED
    if (r == 0) {
        r = limit(RLIMIT_AS, BASE_BYTES + setup->max_channels * CHANNEL_BYTES +
                                 setup->window_ceiling * WINDOW_FACTOR);
    }
#endif
    if (r == 0) {
        r = limit(RLIMIT_CORE, 0);
    }
    return r;
}

static int
drop(char **args, int count)
{
    if (count == 3) {
        const struct privilege to = {
            .uid = (uid_t)strtoul(args[0], NULL, 10),
            .gid = (gid_t)strtoul(args[1], NULL, 10),
            .chroot_directory = args[2],
        };

        if (to.uid == 0 || to.gid == 0) {
            return -EPERM;
        }
        return privilege_drop(&to);
    }
    return geteuid() == 0 ? -EPERM : privilege_harden();
}

static int
confine(void)
{
    int r = sandbox_enter_session();

    return r < 0 ? r : sandbox_verify(NULL, NULL);
}

/* The monitor's first message. */
static int
receive_setup(struct frame *f, struct msg_setup *ret)
{
    struct pollfd ready = {.fd = ASYNC_FD, .events = POLLIN};
    int r;

    while (poll(&ready, 1, -1) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    r = link_recv(ASYNC_FD, ROUTE_MONITOR_TO_SESSION, PHASE_AUTH, f);
    if (r == 0 && (f->type != MSG_SETUP || frame_has_more(f))) {
        r = -EPROTO;
    }
    return r < 0 ? r : frame_decode(f, ret);
}

static int
serve(char **args, int count)
{
    static struct frame f;
    struct msg_setup setup;
    struct courier *courier = NULL;
    static uv_loop_t loop; /* never closed, so that nothing is lost */
    int r = fd_close_from(FIRST_UNUSED_FD);

    if (r == 0) {
        r = transport_warm_up();
    }
    if (r == 0) {
        r = uv_loop_init(&loop);
    }
    if (r == 0) {
        r = receive_setup(&f, &setup);
    }
    if (r == 0) {
        r = courier_new(&loop, CLIENT_FD, ASYNC_FD, SYNC_FD, &setup, &courier);
    }
    if (r == 0) {
        r = set_limits(&setup);
    }
    if (r == 0) {
        r = drop(args, count);
    }
    if (r == 0) {
        r = confine();
    }
    if (r == 0) {
        r = fd_silence_output(); /* words travel as messages */
    }
    if (r < 0) {
        return complain("cannot start", r);
    }
    r = courier_run(courier);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void
print_attempt(void *arg, const char *name, int error)
{
    (void)arg;
    printf("%-26s %s\n", name,
           error == EPERM ? "refused"
           : error == 0   ? "WORKED"
                          : "NOT REFUSED");
}

static int
self_test(void)
{
    int r = privilege_harden();

    if (r == 0) {
        r = transport_warm_up();
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    printf("attempts under the session's sandbox:\n");
    if (r == 0) {
        r = sandbox_enter_session();
    }
    if (r == 0) {
        r = sandbox_verify(print_attempt, NULL);
    }
    return r < 0 ? complain("self-test", r) : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "-V") == 0) {
        printf("libssh %s\n", transport_library_version());
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], "--self-test") == 0) {
        return self_test();
    }
    if (argc != 1 && argc != 4) {
        fprintf(stderr, "portcullis-session is started by portcullisd\n");
        return EXIT_FAILURE;
    }
    programs_name_process("portcullis-session");
    return serve(argv + 1, argc - 1);
}
