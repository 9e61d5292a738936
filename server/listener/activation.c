#include "server/listener/activation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/fd.h"

#define NAME_SHOWN_MAX 64 /* bytes of a name in a message */

/* Plain decimal; -EINVAL for everything else. */
static int
read_number(const char *text, long *ret)
{
    char *end = NULL;

    if (*text < '0' || *text > '9') {
        return -EINVAL;
    }
    errno = 0;
    *ret = strtol(text, &end, 10);
    return *end != '\0' || errno != 0 ? -EINVAL : 0;
}

/* How many were passed to this process, or a negative errno. */
static int
count_passed(struct diag *reterr)
{
    const char *pid_text = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    long pid = 0, count = 0;

    if (pid_text == NULL || count_text == NULL ||
        read_number(pid_text, &pid) < 0 || pid != (long)getpid()) {
        return 0;
    }
    if (read_number(count_text, &count) < 0) {
        return diag_fail(reterr, -EINVAL, "LISTEN_FDS is no number: %.64s",
                         count_text);
    }
    if (count > LISTEN_SOCKET_MAX) {
        return diag_fail(reterr, -E2BIG,
                         "LISTEN_FDS is %ld: no more than %d sockets can be "
                         "passed",
                         count, LISTEN_SOCKET_MAX);
    }
    return (int)count;
}

/* "socket 2 of LISTEN_FDS (ssh.socket): TEXT" */
static int
complain(int number, int r, const char *text, struct diag *reterr)
{
    const char *names = getenv("LISTEN_FDNAMES");
    char name[NAME_SHOWN_MAX + 4] = "";

    for (int i = 0; names != NULL && i < number; i++) {
        names = strchr(names, ':');
        names = names == NULL ? NULL : names + 1;
    }
    if (names != NULL && strcspn(names, ":") > 0) {
        snprintf(name, sizeof(name), " (%.*s)", (int)strcspn(names, ":"),
                 names);
    }
    return diag_fail(reterr, r, "socket %d of LISTEN_FDS%s: %s", number + 1,
                     name, text);
}

/* What is wrong with it, or NULL. */
static const char *
fault_of(int fd)
{
    int domain = fd_socket_option(fd, SO_DOMAIN);
    struct stat st;

    if (fstat(fd, &st) < 0) {
        return strerror(errno);
    }
    if (!S_ISSOCK(st.st_mode)) {
        return "it is not a socket";
    }
    if (domain != AF_INET && domain != AF_INET6) {
        return "it is neither IPv4 nor IPv6";
    }
    if (fd_socket_option(fd, SO_TYPE) != SOCK_STREAM) {
        return "it is not a stream socket";
    }
    if (fd_socket_option(fd, SO_ACCEPTCONN) != 1) {
        return "it does not listen";
    }
    return NULL;
}

static int
take_one(int number, struct sockets *to, struct diag *reterr)
{
    int fd = ACTIVATION_FIRST_FD + number;
    struct socket_address a = {.size = sizeof(a.storage)};
    const char *fault = fault_of(fd);
    int r = 0;

    if (fault != NULL) {
        return complain(number, -EINVAL, fault, reterr);
    }
    r = fd_set_cloexec(fd);
    if (r == 0) {
        r = fd_set_nonblocking(fd, 1);
    }
    if (r == 0 && getsockname(fd, (struct sockaddr *)&a.storage, &a.size) < 0) {
        r = -errno;
    }
    if (r < 0) {
        return complain(number, r, strerror(-r), reterr);
    }
    if (sockets_have(to, &a)) {
        return complain(number, -EINVAL, "it was passed twice", reterr);
    }
    to->list[to->count++] = (struct listen_socket){fd, a};
    return 0;
}

int
activation_take(struct sockets *ret, struct diag *reterr)
{
    int count = count_passed(reterr);
    int r = count < 0 ? count : 0;

    *ret = (struct sockets){0};
    for (int i = 0; r == 0 && i < count; i++) {
        r = take_one(i, ret, reterr);
    }
    if (r < 0) {
        ret->count = 0;
    }
    return r;
}
