#include "server/listener/bridge.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/base/installation.h"
#include "server/base/privilege.h"
#include "server/limits.h"
#include "server/listener/portcullisd.h"

static bool
write_all(const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, data, size);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        data += n;
        size -= (size_t)n;
    }
    return true;
}

static void
copy(void)
{
    static char buffer[LIMIT_BRIDGE_BYTES];
    ssize_t n = 0;

    do {
        n = read(STDIN_FILENO, buffer, sizeof(buffer));
    } while (n > 0 ? write_all(buffer, (size_t)n) : n < 0 && errno == EINTR);
}

static int
drop_privilege(void)
{
    const struct passwd *account = NULL;
    struct privilege to = {0};

    if (geteuid() != 0) {
        return privilege_harden();
    }
    account = getpwnam(INSTALLATION_ACCOUNT);
    if (account == NULL) {
        return -ENOENT;
    }
    to.uid = account->pw_uid;
    to.gid = account->pw_gid;
    return privilege_drop(&to);
}

/* Only the two descriptors, which wait for data, and then nothing else. */
static int
confine(int from, int to, pid_t parent)
{
    int r = prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : 0;

    if (r == 0 && getppid() != parent) {
        return -ESRCH;
    }
    if (r == 0 && (dup2(from, STDIN_FILENO) < 0 ||
                   dup2(to, STDOUT_FILENO) < 0 || close(STDERR_FILENO) < 0)) {
        r = -errno;
    }
    if (r == 0) {
        r = drop_privilege();
    }
    if (r == 0) {
        r = fd_close_from(STDERR_FILENO);
    }
    if (r == 0) {
        r = fd_set_nonblocking(STDIN_FILENO, 0);
    }
    if (r == 0) {
        r = fd_set_nonblocking(STDOUT_FILENO, 0);
    }
    if (r == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0) {
        r = -errno;
    }
    return r;
}

static int
start_copier(struct bridge_copier *c, int from, int to)
{
    pid_t parent = getpid();

    c->pid = fork();
    if (c->pid < 0) {
        return -errno;
    }
    if (c->pid == 0) {
        if (confine(from, to, parent) < 0) {
            _exit(1);
        }
        /*
         * Nothing declared _Noreturn: before that the sanitizer makes a call.
         * exit_group(2), which _exit() makes, is not among the permitted ones.
         */
        copy();
        for (;;) {
            syscall(SYS_exit, 0);
        }
    }
    c->watch = pidfd_open(c->pid, 0);
    return c->watch < 0 ? -errno : 0;
}

int
bridge_start(struct bridge *b, int in, int out, int *ret_client)
{
    int ends[2];
    int r = 0;

    *b = (struct bridge){.socket = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        return -errno;
    }
    r = start_copier(&b->copiers[BRIDGE_FROM_CLIENT], in, ends[0]);
    if (r == 0) {
        r = start_copier(&b->copiers[BRIDGE_TO_CLIENT], ends[0], out);
    }
    if (r < 0) {
        fd_close(&ends[0]);
        fd_close(&ends[1]);
        return r;
    }
    b->socket = ends[0];
    *ret_client = ends[1];
    return 0;
}

static void
end_if_over(struct bridge *b)
{
    if (b->over != NULL && b->copiers[BRIDGE_FROM_CLIENT].ended &&
        b->copiers[BRIDGE_TO_CLIENT].ended) {
        b->over(b->arg);
    }
}

/* No more input: an end of file.  Nobody takes output: the end of all. */
static void
on_copier_end(uv_poll_t *poll, int status, int events)
{
    struct bridge_copier *c = poll->data;
    struct bridge *b = c->bridge;

    (void)status;
    (void)events;
    uv_poll_stop(poll);
    c->ended = true;
    shutdown(b->socket,
             c == &b->copiers[BRIDGE_FROM_CLIENT] ? SHUT_WR : SHUT_RDWR);
    end_if_over(b);
}

int
bridge_watch(struct bridge *b, uv_loop_t *loop)
{
    int r = uv_timer_init(loop, &b->patience);

    b->patience.data = b;
    for (int i = 0; r == 0 && i < BRIDGE_WAYS; i++) {
        struct bridge_copier *c = &b->copiers[i];

        c->bridge = b;
        c->poll.data = c;
        r = uv_poll_init(loop, &c->poll, c->watch);
        if (r == 0) {
            r = uv_poll_start(&c->poll, UV_READABLE, on_copier_end);
        }
    }
    return r;
}

/* Its process id may be another's by now: SIGCHLD's handler reaps it. */
static void
end_copier(const struct bridge_copier *c)
{
    pidfd_send_signal(c->watch, SIGKILL, NULL, 0);
}

static void
on_impatient(uv_timer_t *timer)
{
    struct bridge *b = timer->data;

    end_copier(&b->copiers[BRIDGE_TO_CLIENT]);
}

void
bridge_finish(struct bridge *b, bridge_over_fn *over, void *arg)
{
    b->over = over;
    b->arg = arg;
    if (!b->copiers[BRIDGE_FROM_CLIENT].ended) {
        end_copier(&b->copiers[BRIDGE_FROM_CLIENT]);
    }
    uv_timer_start(&b->patience, on_impatient, BRIDGE_PATIENCE_MS, 0);
    end_if_over(b);
}
