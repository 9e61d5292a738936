#include "server/listener/inquiry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/base/fd.h"

static long
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Put fd in place of stdout and stderr; the old ones go to saved. */
static int
redirect(int fd, int saved[2])
{
    for (int i = 0; i < 2; i++) {
        saved[i] = fcntl(STDOUT_FILENO + i, F_DUPFD_CLOEXEC, 3);
        if (saved[i] < 0 || dup2(fd, STDOUT_FILENO + i) < 0) {
            return -errno;
        }
    }
    return 0;
}

static void
restore(int saved[2])
{
    for (int i = 0; i < 2; i++) {
        if (saved[i] >= 0) {
            dup2(saved[i], STDOUT_FILENO + i);
            fd_close(&saved[i]);
        }
    }
}

static int
start(const struct spawn *what, int fd, pid_t *ret)
{
    int saved[2] = {-1, -1};
    int r = redirect(fd, saved);

    if (r == 0) {
        r = spawn_start(what, ret);
    }
    restore(saved);
    return r;
}

/* Wait until fd can be read. 0, -ETIMEDOUT or -errno. */
static int
await(int fd, long until)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = 0;

    do {
        long left = until - now_ms();

        if (left <= 0) {
            return -ETIMEDOUT;
        }
        n = poll(&p, 1, (int)left);
    } while (n == 0 || (n < 0 && errno == EINTR));
    return n < 0 ? -errno : 0;
}

/* Up to end of file; what has no room is read and dropped. */
static int
read_answer(int fd, struct inquiry *to)
{
    long until = now_ms() + INQUIRY_TIMEOUT_MS;
    size_t used = 0;

    for (;;) {
        char spill[512];
        size_t room = sizeof(to->text) - 1 - used;
        ssize_t n = 0;
        int r = await(fd, until);

        if (r < 0) {
            return r;
        }
        n = room > 0 ? read(fd, to->text + used, room)
                     : read(fd, spill, sizeof(spill));
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            return 0;
        }
        if (n > 0 && room > 0) {
            used += (size_t)n;
            to->text[used] = '\0';
        }
    }
}

static int
reap(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
inquiry_run(const struct spawn *what, struct inquiry *ret)
{
    int pipes[2];
    pid_t pid = -1;
    int r = 0;

    *ret = (struct inquiry){.status = -1};
    if (pipe2(pipes, O_CLOEXEC) < 0) {
        return -errno;
    }
    r = start(what, pipes[1], &pid);
    fd_close(&pipes[1]);
    if (r == 0) {
        r = read_answer(pipes[0], ret);
        if (r < 0) {
            kill(pid, SIGKILL);
        }
        ret->status = reap(pid);
    }
    fd_close(&pipes[0]);
    return r;
}

char *
inquiry_next_line(char **rest)
{
    char *line = NULL;

    do {
        line = strsep(rest, "\r\n");
    } while (line != NULL && *line == '\0');
    return line;
}
