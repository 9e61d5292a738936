/*
 * Plain forwarding, without SSH: what comes is read and written, no more.  It
 * is the least that a forwarding server in userland could use.
 */
#include "load.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* One direction of a connection. */
struct pass {
    int from;
    int to;
};

static void *
run_pass(void *data)
{
    struct pass *p = data;
    char *block = malloc(LOAD_BLOCK);
    ssize_t got;

    while (block && (got = read(p->from, block, LOAD_BLOCK)) > 0 &&
           load_write(p->to, block, (size_t)got)) {
    }
    shutdown(p->to, SHUT_WR);
    free(block);
    free(p);
    return NULL; /* the descriptors stay until the process ends */
}

static bool
start_pass(int from, int to)
{
    struct pass *p = malloc(sizeof(*p));

    if (!p) {
        return false;
    }
    *p = (struct pass){from, to};
    if (load_thread(run_pass, p)) {
        return true;
    }
    free(p);
    return false;
}

int
load_pass(int argc, char **argv)
{
    uint16_t port = (uint16_t)load_number(argc, argv, 1);
    int fd = load_listen();

    while (fd >= 0) {
        int near = load_accept(fd);
        int far = near < 0 ? -1 : load_dial(port);
        if (far < 0 || !start_pass(near, far) || !start_pass(far, near)) {
            return load_fail("pass");
        }
    }
    return 1;
}
