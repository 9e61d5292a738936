/*
 * The near end: what an application would do with a forward, timed.  Results
 * are one JSON object on stdout.
 */
#include "load.h"

#include <endian.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_SAMPLES = 1 << 20 };

/* A transfer beside the round trips. */
struct bulk {
    uint16_t port;
    enum load_mode mode;
    _Atomic uint64_t bytes;
};

/* Read all there is; counts as it goes. */
static void
drain(int fd, char *block, _Atomic uint64_t *total)
{
    ssize_t got;

    while ((got = read(fd, block, LOAD_BLOCK)) > 0) {
        *total += (uint64_t)got;
    }
}

/* Write this many bytes; counts as it goes. */
static void
fill(int fd, char *block, uint64_t count, _Atomic uint64_t *total)
{
    memset(block, 'x', LOAD_BLOCK);
    while (count > 0) {
        size_t part = count < LOAD_BLOCK ? (size_t)count : LOAD_BLOCK;
        ssize_t put = write(fd, block, part);
        if (put <= 0) {
            return;
        }
        count -= (uint64_t)put;
        *total += (uint64_t)put;
    }
}

/* Write this many bytes and end: how many have arrived. */
static uint64_t
deliver(int fd, char *block, uint64_t count)
{
    _Atomic uint64_t total = 0;
    uint64_t arrived = 0;

    fill(fd, block, count, &total);
    shutdown(fd, SHUT_WR);
    return load_read(fd, &arrived, sizeof(arrived)) ? be64toh(arrived) : 0;
}

static int
transfer(int argc, char **argv, enum load_mode mode)
{
    uint16_t port = (uint16_t)load_number(argc, argv, 1);
    uint64_t count = load_number(argc, argv, 2);
    uint64_t start = load_now_us();
    _Atomic uint64_t total = 0;
    int fd = load_begin(port, mode, count);
    char *block = malloc(LOAD_BLOCK);

    if (fd >= 0 && block && mode == LOAD_SOURCE) {
        drain(fd, block, &total);
    } else if (fd >= 0 && block) {
        total = deliver(fd, block, count);
    }
    free(block);
    if (total != count) {
        fprintf(stderr, "%" PRIu64 " bytes of %" PRIu64 "\n", total, count);
        return 1;
    }
    printf("{\"seconds\": %.6f}\n", (double)(load_now_us() - start) / 1e6);
    return 0;
}

int
load_get(int argc, char **argv)
{
    return transfer(argc, argv, LOAD_SOURCE);
}

int
load_put(int argc, char **argv)
{
    return transfer(argc, argv, LOAD_SINK);
}

static void *
run_bulk(void *data)
{
    struct bulk *b = data;
    int fd = load_begin(b->port, b->mode, UINT64_MAX);
    char *block = malloc(LOAD_BLOCK);

    if (fd >= 0 && block && b->mode == LOAD_SOURCE) {
        drain(fd, block, &b->bytes);
    } else if (fd >= 0 && block) {
        fill(fd, block, UINT64_MAX, &b->bytes);
    }
    free(block);
    return NULL;
}

/* One-byte round trips until the count or the time is reached: how many. */
static size_t
round_trips(int fd, uint32_t *took, size_t count, uint64_t end, useconds_t gap)
{
    size_t done = 0;
    char byte = 'x';

    while (done < count) {
        uint64_t start = load_now_us();
        if (start > end || !load_write(fd, &byte, 1) ||
            !load_read(fd, &byte, 1)) {
            break;
        }
        took[done++] = (uint32_t)(load_now_us() - start);
        if (gap > 0) {
            usleep(gap);
        }
    }
    return done;
}

/* Wait, two seconds at most, until the transfer beside flows. */
static void
wait_flow(struct bulk *b)
{
    for (int i = 0; i < 200 && b->bytes < 4 * LOAD_BLOCK; i++) {
        usleep(10000);
    }
}

int
load_ping(int argc, char **argv)
{
    struct bulk b = {.port = (uint16_t)load_number(argc, argv, 1)};
    size_t count = (size_t)load_number(argc, argv, 2);
    uint64_t limit_us = load_number(argc, argv, 3) * 1000000;
    useconds_t gap = (useconds_t)load_number(argc, argv, 4);
    uint32_t *took = calloc(MAX_SAMPLES, sizeof(*took));
    int fd = load_begin(b.port, LOAD_ECHO, 0);
    uint64_t start, before;
    size_t done;
    double mb_s;

    if (!took || fd < 0) {
        return load_fail("ping");
    }
    if (argc > 5) {
        b.mode = strcmp(argv[5], "put") == 0 ? LOAD_SINK : LOAD_SOURCE;
        if (!load_thread(run_bulk, &b)) {
            return load_fail("thread");
        }
        wait_flow(&b);
    }
    count = count < MAX_SAMPLES ? count : MAX_SAMPLES;
    round_trips(fd, took, 1, UINT64_MAX, 0); /* the open is not measured */
    start = load_now_us();
    before = b.bytes;
    done = round_trips(fd, took, count, start + limit_us, gap);
    mb_s = (double)(b.bytes - before) / (double)(load_now_us() - start);
    return load_report(took, done, mb_s);
}
