#ifndef SERVER_MONITOR_FORWARD_TABLE_H
#define SERVER_MONITOR_FORWARD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/decide.h"
#include "server/ipc/msg.h"
#include "server/limits.h"

struct forward_wait;

enum forward_state {
    FORWARD_RESOLVING = 0,
    FORWARD_CONNECTING,
    FORWARD_OFFERED, /* an accepted connection; the client has not said yes */
    FORWARD_OPEN,
};

/* An address that policy lets us dial, and the rule that does. */
struct candidate {
    struct address address;
    struct decision decision;
};

/*
 * One forwarded connection, or an attempt at one.
 *
 * - number is ours and names it to the dialer and in the log; id names it to
 *   the session.
 * - candidates are what policy lets us dial, while CONNECTING.
 * - began_ms is when it was asked for, with a ConnectTimeout; opened_ms when
 *   it became OPEN.
 * - wait is forward_dial.c's: this process itself waits for its socket.
 * - at is where it is connected to; ADDRESS_NONE for an accepted one, and
 *   for a path.
 */
struct forward {
    struct forward *next, *previous; /* in the order of their numbers */
    struct forward *next_by_id, *next_by_number;
    uint32_t id, number;
    enum forward_state state;
    enum channel_kind kind;
    char *host; /* owned; as the client wrote it; a path for those kinds */
    uint32_t port;
    char peer[64]; /* originator, or who connected to the listener */
    uint32_t peer_port;
    struct decision decision;
    struct candidate *candidates; /* owned */
    size_t candidate_count;
    struct forward_wait *wait;
    struct address at;
    uint64_t began_ms, opened_ms;
};

/* All zeros is an empty one.  Look at first and count; the rest is inside. */
struct forward_table {
    struct forward *first, *last; /* the oldest, the youngest */
    size_t count;
    struct forward **by_id, **by_number;
    size_t buckets;    /* of each */
    size_t most_files; /* that a process may have open; 0: not read yet */
};

/*
 * NULL: out of memory, or LIMIT_FORWARDS.  host is copied.  Numbers only grow:
 * the list stays in their order.
 */
struct forward *forward_table_add(struct forward_table *t, uint32_t id,
                                  uint32_t number, const char *host);
struct forward *forward_table_by_id(const struct forward_table *t, uint32_t id);
struct forward *forward_table_by_number(const struct forward_table *t,
                                        uint32_t number);
void forward_table_remove(struct forward_table *t, struct forward *f);
void forward_table_done(struct forward_table *t);

/* Is it about a socket in the file system? */
bool forward_has_path(const struct forward *f);

#endif
