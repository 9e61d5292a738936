#ifndef SERVER_LISTENER_BRIDGE_H
#define SERVER_LISTENER_BRIDGE_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

/* The two directions, as indices. */
enum bridge_way { BRIDGE_FROM_CLIENT, BRIDGE_TO_CLIENT, BRIDGE_WAYS };

/* Both copying processes have ended. */
typedef void bridge_over_fn(void *arg);

/*
 * A client on two descriptors made into one on a socket, which is what a
 * session takes.  A process for each direction copies; it may do nothing
 * but read, write and exit (seccomp's strict mode), and dies with us.
 */
struct bridge {
    int socket; /* our end: to pass the end of a direction on; -1: no bridge */
    struct bridge_copier {
        struct bridge *bridge;
        pid_t pid;
        int watch; /* pidfd */
        bool ended;
        uv_poll_t poll;
    } copiers[BRIDGE_WAYS];
    uv_timer_t patience;
    bridge_over_fn *over; /* NULL until bridge_finish() */
    void *arg;
};

/*
 * Start it between the descriptors in and out (borrowed, close them) and
 * *ret_client, which is the caller's.  Before there are secrets in memory.
 * 0 or -errno.
 */
int bridge_start(struct bridge *b, int in, int out, int *ret_client);

/* From now on the end of one direction reaches the other side. 0 or -errno. */
int bridge_watch(struct bridge *b, uv_loop_t *loop);

/*
 * The connection has ended: read no more, and call over once all that it said
 * is written, or when nobody took it for a while.
 */
void bridge_finish(struct bridge *b, bridge_over_fn *over, void *arg);

#endif
