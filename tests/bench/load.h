/*
 * The load program of the bench: one job a process, so that no interpreter
 * stands between a measurement and the kernel.  Everything is on loopback.
 *
 * A connection to the service (load_serve.c) begins with nine bytes: what the
 * service shall do, and a count of bytes in network order.
 */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_HEADER = 9, LOAD_BLOCK = 1 << 18 };

enum load_mode {
    LOAD_NONE,
    LOAD_ECHO = 'e',   /* what comes goes back; the count means nothing */
    LOAD_SOURCE = 's', /* send count bytes, then end */
    LOAD_SINK = 'k',   /* take all until the end, then say how much it was */
    LOAD_STUCK = 'n',  /* read nothing until the end */
};

/* The jobs: argv as main's with the job's name first; an exit status. */
int load_serve(int argc, char **argv);
int load_get(int argc, char **argv);
int load_put(int argc, char **argv);
int load_ping(int argc, char **argv);
int load_first(int argc, char **argv);
int load_hold(int argc, char **argv);
int load_stall(int argc, char **argv);
int load_pass(int argc, char **argv);
int load_relay(int argc, char **argv);
int load_subreaper(int argc, char **argv);

/* A listening socket on a free port of 127.0.0.1, whose number is printed on
 * a line of stdout; -1 with words on stderr. */
int load_listen(void);

/* The next connection of a listener, with TCP_NODELAY; -1 with errno. */
int load_accept(int listener);

/* Connect to a port of 127.0.0.1, with TCP_NODELAY; -1 with words on
 * stderr. */
int load_dial(uint16_t port);

/* A connection through the forward at this port with its header sent; -1 with
 * words on stderr. */
int load_begin(uint16_t port, enum load_mode mode, uint64_t count);

/* Print what so many waits (microseconds, sorted here) say, and a rate; an
 * exit status. */
int load_report(uint32_t *took, size_t count, double mb_s);

/* Read or write exactly count bytes; false at an end or an error. */
bool load_read(int fd, void *into, size_t count);
bool load_write(int fd, const void *from, size_t count);

/* Words on stderr with errno's; returns 1 as an exit status. */
int load_fail(const char *what);

/* CLOCK_MONOTONIC in microseconds. */
uint64_t load_now_us(void);

/* The number in argv[index], 0 when it is not there. */
uint64_t load_number(int argc, char **argv, int index);

/* Run a function in a detached thread of a small stack; false when there is
 * none to be had. */
bool load_thread(void *(*run)(void *), void *data);

#endif
