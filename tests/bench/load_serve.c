/*
 * The service at the far end of every forward: a thread a connection, so that
 * none waits for another's bytes.
 */
#include "load.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
echo(int fd)
{
    char buffer[4096];
    ssize_t got;

    while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
        if (!load_write(fd, buffer, (size_t)got)) {
            return;
        }
    }
}

static void
source(int fd, char *block, uint64_t count)
{
    memset(block, 'x', LOAD_BLOCK);
    while (count > 0) {
        size_t part = count < LOAD_BLOCK ? (size_t)count : LOAD_BLOCK;
        if (!load_write(fd, block, part)) {
            return;
        }
        count -= part;
    }
}

static void
sink(int fd, char *block)
{
    uint64_t total = 0;
    ssize_t got;

    while ((got = read(fd, block, LOAD_BLOCK)) > 0) {
        total += (uint64_t)got;
    }
    total = htobe64(total);
    load_write(fd, &total, sizeof(total));
}

/* Until the peer has gone; reads nothing. */
static void
stuck(int fd)
{
    struct pollfd peer = {.fd = fd};

    while (poll(&peer, 1, -1) < 0 && errno == EINTR) {
    }
}

static void *
serve_one(void *data)
{
    int fd = (int)(intptr_t)data;
    char head[LOAD_HEADER];
    char *block = NULL;
    uint64_t count;

    if (load_read(fd, head, sizeof(head))) {
        memcpy(&count, head + 1, sizeof(count));
        block = malloc(LOAD_BLOCK);
        if (head[0] == LOAD_ECHO) {
            echo(fd);
        } else if (head[0] == LOAD_STUCK) {
            stuck(fd);
        } else if (block && head[0] == LOAD_SOURCE) {
            source(fd, block, be64toh(count));
        } else if (block && head[0] == LOAD_SINK) {
            sink(fd, block);
        }
    }
    free(block);
    close(fd);
    return NULL;
}

int
load_serve(int argc, char **argv)
{
    int fd = load_listen();

    (void)argc, (void)argv;
    while (fd >= 0) {
        int peer = load_accept(fd);
        if (peer < 0) {
            return load_fail("accept");
        }
        if (!load_thread(serve_one, (void *)(intptr_t)peer)) {
            close(peer);
        }
    }
    return 1;
}
