/*
 * Many connections through a forward: opened one after the other, held, or
 * filled until nothing more goes in.
 */
#include "load.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_HELD = 4096, STILL_MS = 1000, STALL_LIMIT_US = 60000000 };

int
load_begin(uint16_t port, enum load_mode mode, uint64_t count)
{
    char head[LOAD_HEADER] = {(char)mode};
    int fd = load_dial(port);

    count = htobe64(count);
    memcpy(head + 1, &count, sizeof(count));
    if (fd >= 0 && !load_write(fd, head, sizeof(head))) {
        load_fail("write");
        close(fd);
        fd = -1;
    }
    return fd;
}

static int
by_size(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

int
load_report(uint32_t *took, size_t count, double mb_s)
{
    if (count == 0) {
        fprintf(stderr, "no round trip\n");
        return 1;
    }
    qsort(took, count, sizeof(*took), by_size);
    printf("{\"count\": %zu, \"p50_us\": %u, \"p99_us\": %u, "
           "\"max_us\": %u, \"mb_s\": %.3f}\n",
           count, took[count / 2], took[count * 99 / 100], took[count - 1],
           mb_s);
    return 0;
}

/* An echo through a new connection; -1 with words on stderr. */
static int
open_echo(uint16_t port)
{
    int fd = load_begin(port, LOAD_ECHO, 0);
    char byte = 'x';

    if (fd >= 0 && (!load_write(fd, &byte, 1) || !load_read(fd, &byte, 1))) {
        fprintf(stderr, "a connection is not served\n");
        close(fd);
        fd = -1;
    }
    return fd;
}

/* How long a new connection takes to its first byte, again and again. */
int
load_first(int argc, char **argv)
{
    uint16_t port = (uint16_t)load_number(argc, argv, 1);
    uint64_t most = load_number(argc, argv, 2);
    uint64_t end = load_now_us() + load_number(argc, argv, 3) * 1000000;
    useconds_t gap = (useconds_t)load_number(argc, argv, 4);
    uint32_t took[MAX_HELD];
    size_t count = 0;

    while (count < most && count < MAX_HELD && load_now_us() < end) {
        uint64_t start = load_now_us();
        int fd = open_echo(port);
        if (fd < 0) {
            return 1;
        }
        took[count++] = (uint32_t)(load_now_us() - start);
        close(fd);
        usleep(gap);
    }
    return load_report(took, count, 0);
}

/* Say so, and wait until stdin ends. */
static int
stay(const char *words)
{
    char byte;

    puts(words);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0;
}

/* Hold connections open, each seen to work, until stdin ends. */
int
load_hold(int argc, char **argv)
{
    uint16_t port = (uint16_t)load_number(argc, argv, 1);
    uint64_t count = load_number(argc, argv, 2);

    for (uint64_t i = 0; i < count && i < MAX_HELD; i++) {
        if (open_echo(port) < 0) {
            return 1;
        }
    }
    return stay("held");
}

/* Write what goes in without waiting: how many bytes. */
static uint64_t
push(const struct pollfd *fds, size_t count, const char *block)
{
    uint64_t total = 0;
    ssize_t put;

    for (size_t i = 0; i < count; i++) {
        while (fds[i].revents &&
               (put = write(fds[i].fd, block, LOAD_BLOCK)) > 0) {
            total += (uint64_t)put;
        }
    }
    return total;
}

/* Connections to targets that read nothing, filled until nothing has moved
 * for a second; held until stdin ends. */
int
load_stall(int argc, char **argv)
{
    uint16_t port = (uint16_t)load_number(argc, argv, 1);
    size_t count = (size_t)load_number(argc, argv, 2);
    uint64_t end = load_now_us() + STALL_LIMIT_US;
    struct pollfd fds[MAX_HELD] = {0};
    char *block = calloc(1, LOAD_BLOCK);
    uint64_t total = 0;
    char words[32];

    count = count < MAX_HELD ? count : MAX_HELD;
    for (size_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){load_begin(port, LOAD_STUCK, 0), POLLOUT, 0};
        if (fds[i].fd < 0 || fcntl(fds[i].fd, F_SETFL, O_NONBLOCK) < 0) {
            return load_fail("stall");
        }
    }
    while (block && load_now_us() < end && poll(fds, count, STILL_MS) > 0) {
        total += push(fds, count, block);
    }
    free(block);
    snprintf(words, sizeof(words), "%" PRIu64, total);
    return stay(words);
}
