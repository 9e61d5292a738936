#ifndef SERVER_MONITOR_FORWARD_H
#define SERVER_MONITOR_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "server/monitor/connection.h"
#include "server/monitor/forward_table.h"

#define REFUSED_BY_POLICY 1 /* RFC 4254 section 5.1 */
#define REFUSED_CONNECT_FAILED 2
#define REFUSED_SHORTAGE 4

/*
 * A forward in the table; NULL when there can be no more, which was logged.
 * host is copied.
 */
struct forward *forward_add(struct connection *c, uint32_t id, uint32_t number,
                            const char *host);

/* Is there a descriptor for one more, and spare ones?  A session that is full
 * of forwards has one for each. */
bool forwards_have_room(const struct connection *c, size_t spare);

/* What all forwards have in common: they end, one way or another. */
int forwards_new(struct connection *c);   /* sets c->forwards; 0 or -errno */
void forwards_end(struct connection *c);  /* log all as closed; forget them */
void forwards_free(struct connection *c); /* after the loop */

/* The session's messages. */
void forward_closed(struct connection *c, const struct msg_forward_closed *m);

/* The dialer is gone: fail what waits for it. */
void forwards_lost_dialer(struct connection *c);

/* Log why, answer the client and forget f: it could not, or may not, be. */
void forward_fail(struct connection *c, struct forward *f, const char *why);
void forward_refuse(struct connection *c, struct forward *f,
                    const struct decision *why);

/*
 * The same for want of descriptors or memory, a negative errno: the client is
 * told so, and the log once a minute.
 */
void forward_fail_short(struct connection *c, struct forward *f, int error);

/* The same for one that has not come into the table. */
void forward_turn_away(struct connection *c, const struct forward *f,
                       const struct decision *why);

/* The dialer was not there to be asked for the forward of this number, which
 * may have been ended by that already. */
void forward_lost_before(struct connection *c, uint32_t number, int error);

/* Give up what is still under way; why is for the log. */
void forward_time_out(struct connection *c, struct forward *f, const char *why);

/* The answer to an open that is no forward. */
void forward_answer_no(struct connection *c, uint32_t id, uint32_t reason,
                       const char *text);

#endif
