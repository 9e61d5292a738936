#ifndef SERVER_MONITOR_STATUS_H
#define SERVER_MONITOR_STATUS_H

#include "server/limits.h"
#include "server/monitor/forward_table.h"
#include "server/monitor/listen_list.h"
#include "server/monitor/page.h"

/*
 * "ssh host status": a connection's forwards and listeners at one moment, for
 * people and for programs.  What does not fit is counted, so that the JSON is
 * whole whatever there is.
 */

/* All of it borrowed from the connection. */
struct status {
    struct words_who who;
    int64_t since_s;                /* of the login, on the calendar's clock */
    int64_t now_s;                  /* the same clock */
    uint64_t loop_ms;               /* the clock of opened_ms */
    const struct forward *forwards; /* the first of the list, by number */
    const struct listener *listeners; /* the same */
    size_t forward_count, listener_count;
};

void status_collect(struct status *ret, const struct connection *c,
                    int64_t now_s);

void status_write(char out[LIMIT_STATUS_BYTES], const struct status *s);

/* status_json.c: one object on one line; the keys stay. */
void status_write_json(char out[LIMIT_STATUS_BYTES], const struct status *s);

/* Shared words. */
#define STATUS_TIME_MAX 32
void status_time(int64_t seconds, char out[STATUS_TIME_MAX]); /* RFC 3339 */
const char *status_forward_kind(const struct forward *f);
const char *status_forward_state(const struct forward *f);
const char *status_listener_state(const struct listener *l);
uint64_t status_age_s(const struct status *s, const struct forward *f);

#endif
