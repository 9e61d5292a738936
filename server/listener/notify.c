#include "server/listener/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/listener/portcullisd.h"

#define TEXT_MAX 128

/* The process id: after detaching it is not the one that was started. */
static void
words(enum notify_state state, char out[TEXT_MAX])
{
    struct timespec now;

    switch (state) {
    case NOTIFY_READY:
        snprintf(out, TEXT_MAX, "READY=1\nMAINPID=%ld", (long)getpid());
        return;
    case NOTIFY_RELOADING:
        clock_gettime(CLOCK_MONOTONIC, &now);
        snprintf(out, TEXT_MAX, "RELOADING=1\nMONOTONIC_USEC=%lld",
                 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
        return;
    case NOTIFY_STOPPING:
        snprintf(out, TEXT_MAX, "STOPPING=1");
        return;
    }
    out[0] = '\0';
}

/* "@name" is an abstract address: its first byte is NUL, the last is not. */
static int
read_address(const char *text, struct sockaddr_un *ret, socklen_t *ret_size)
{
    size_t size = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || size < 2) {
        return -EINVAL;
    }
    if (size >= sizeof(ret->sun_path)) {
        return -ENAMETOOLONG;
    }
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret->sun_path, text, size);
    if (text[0] == '@') {
        ret->sun_path[0] = '\0';
    } else {
        size++;
    }
    *ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    return 0;
}

int
notify_send(enum notify_state state)
{
    /* A busy manager's queue may be full; a dead one must not hold us up. */
    static const struct timeval patience = {.tv_sec = NOTIFY_PATIENCE_S};
    const char *where = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t size = 0;
    char text[TEXT_MAX];
    int fd = -1;
    int r = 0;

    if (where == NULL || *where == '\0') {
        return 0;
    }
    r = read_address(where, &address, &size);
    if (r < 0) {
        return r;
    }
    words(state, text);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) <
            0 ||
        sendto(fd, text, strlen(text), MSG_NOSIGNAL,
               (const struct sockaddr *)&address, size) < 0) {
        r = -errno;
    }
    fd_close(&fd);
    return r;
}
