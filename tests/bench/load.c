/*
 * The load program's jobs by name, and what they share.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { THREAD_STACK = 1 << 16, BACKLOG = 1024 };

struct job {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
};

static const struct job jobs[] = {
    {"serve", load_serve, "serve"},
    {"get", load_get, "get PORT BYTES"},
    {"put", load_put, "put PORT BYTES"},
    {"ping", load_ping, "ping PORT COUNT SECONDS GAP_US [get|put]"},
    {"first", load_first, "first PORT COUNT SECONDS GAP_US"},
    {"hold", load_hold, "hold PORT COUNT"},
    {"stall", load_stall, "stall PORT COUNT"},
    {"pass", load_pass, "pass PORT"},
    {"relay", load_relay, "relay PORT DELAY_US"},
    {"subreaper", load_subreaper, "subreaper PROGRAM [WORD ...]"},
};

int
load_fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 1;
}

uint64_t
load_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t
load_number(int argc, char **argv, int index)
{
    return index < argc ? strtoull(argv[index], NULL, 10) : 0;
}

static struct sockaddr_in
loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

int
load_listen(void)
{
    struct sockaddr_in here = loopback(0);
    socklen_t size = sizeof(here);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&here, size) < 0 ||
        listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&here, &size) < 0) {
        load_fail("listen");
        return -1;
    }
    printf("%u\n", ntohs(here.sin_port));
    fflush(stdout);
    return fd;
}

int
load_accept(int listener)
{
    int one = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
    return fd;
}

int
load_dial(uint16_t port)
{
    struct sockaddr_in there = loopback(port);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&there, sizeof(there)) < 0) {
        load_fail("connect");
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

bool
load_read(int fd, void *into, size_t count)
{
    char *at = into;

    while (count > 0) {
        ssize_t got = read(fd, at, count);
        if (got <= 0) {
            return false;
        }
        at += got;
        count -= (size_t)got;
    }
    return true;
}

bool
load_write(int fd, const void *from, size_t count)
{
    const char *at = from;

    while (count > 0) {
        ssize_t put = write(fd, at, count);
        if (put <= 0) {
            return false;
        }
        at += put;
        count -= (size_t)put;
    }
    return true;
}

bool
load_thread(void *(*run)(void *), void *data)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int r;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    r = pthread_create(&thread, &attributes, run, data);
    pthread_attr_destroy(&attributes);
    return r == 0;
}

int
main(int argc, char **argv)
{
    size_t count = sizeof(jobs) / sizeof(jobs[0]);

    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; argc > 1 && i < count; i++) {
        if (strcmp(argv[1], jobs[i].name) == 0) {
            return jobs[i].run(argc - 1, argv + 1);
        }
    }
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, "bench_load %s\n", jobs[i].usage);
    }
    return 2;
}
