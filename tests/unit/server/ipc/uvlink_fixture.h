#ifndef TESTS_UNIT_SERVER_IPC_UVLINK_FIXTURE_H
#define TESTS_UNIT_SERVER_IPC_UVLINK_FIXTURE_H

/* A link that a loop drives, and its raw other end.  Include after cmocka.h. */

#include <stdbool.h>
#include <unistd.h>

#include "server/ipc/uvlink.h"

struct seen {
    struct uvlink *link;
    int messages, ends, why;
    uint32_t last;
    bool close_on_message, ready_on_message;
};

static inline void
on_message(void *arg, struct frame *f)
{
    struct seen *s = arg;
    struct msg_id m;

    assert_int_equal(frame_decode(f, &m), 0);
    s->messages++;
    s->last = m.id;
    if (s->ready_on_message) {
        uvlink_set_phase(s->link, PHASE_READY);
    }
    if (s->close_on_message) {
        uvlink_close(s->link);
    }
}

static inline void
on_end(void *arg, int why)
{
    struct seen *s = arg;

    s->ends++;
    s->why = why;
    uvlink_close(s->link);
}

/* A link driven by loop, and the raw other end. */
static inline int
start_on(uv_loop_t *loop, struct seen *s, enum msg_route route)
{
    int ends[2];

    assert_int_equal(uv_loop_init(loop), 0);
    assert_int_equal(link_pair(ends, 1), 0);
    assert_int_equal(
        uvlink_new(loop, ends[0], route, on_message, on_end, s, &s->link), 0);
    return ends[1];
}

static inline int
start(uv_loop_t *loop, struct seen *s)
{
    return start_on(loop, s, ROUTE_SESSION_TO_MONITOR);
}

/* Done with a link whose other end is read. */
static inline void
finish(uv_loop_t *loop, struct seen *s, int other)
{
    uvlink_close(s->link);
    close(other);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

#endif
