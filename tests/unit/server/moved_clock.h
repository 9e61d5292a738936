#ifndef TESTS_UNIT_SERVER_MOVED_CLOCK_H
#define TESTS_UNIT_SERVER_MOVED_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

/*
 * Time that a test lets pass.  libuv asks clock_gettime(), and a program's own
 * comes before the C library's.
 */
static uint64_t moved_clock_ms;

int
clock_gettime(clockid_t id, struct timespec *ret)
{
    int r = (int)syscall(SYS_clock_gettime, id, ret);

    if (r == 0 && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE)) {
        ret->tv_sec += (time_t)(moved_clock_ms / 1000);
        ret->tv_nsec += (long)(moved_clock_ms % 1000) * 1000000;
        if (ret->tv_nsec >= 1000000000) {
            ret->tv_sec++;
            ret->tv_nsec -= 1000000000;
        }
    }
    return r;
}

/* So long later: run what is due. */
static inline void
moved_clock_pass(uv_loop_t *loop, uint64_t ms)
{
    moved_clock_ms += ms;
    uv_run(loop, UV_RUN_NOWAIT);
}

static inline void
moved_clock_tick(uv_idle_t *idle)
{
    (void)idle;
    moved_clock_ms++;
}

/* Let time fly until the loop is stopped: the milliseconds that this took. */
static inline uint64_t
moved_clock_until_stopped(uv_loop_t *loop)
{
    uint64_t before = uv_now(loop);
    uv_idle_t idle;

    uv_idle_init(loop, &idle);
    uv_idle_start(&idle, moved_clock_tick);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&idle, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    return uv_now(loop) - before;
}

#endif
