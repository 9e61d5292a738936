#ifndef SERVER_MONITOR_PACED_LOG_H
#define SERVER_MONITOR_PACED_LOG_H

#include "server/log/log.h"
#include "server/monitor/connection.h"

/*
 * A line that somebody else can cause as often as he likes: of each kind the
 * first is written, then one a minute with how many there were meanwhile.
 * The others are there for who debugs.
 */
void paced_log(struct connection *c, enum paced_kind kind, enum log_level level,
               const char *line);

/* The connection ends: what has not been counted yet. */
void paced_log_end(struct connection *c);

#endif
