#ifndef SERVER_MONITOR_FORWARD_LOG_H
#define SERVER_MONITOR_FORWARD_LOG_H

#include "server/monitor/connection.h"
#include "server/monitor/forward_table.h"

/* The forward as sentences want it; borrows from f. */
struct words_forward forward_words(const struct forward *f);

void forward_log_opened(struct connection *c, const struct forward *f);
void forward_log_failed(struct connection *c, const struct forward *f,
                        const char *why);
/* The same for want of descriptors or memory: once a minute. */
void forward_log_short(struct connection *c, const struct forward *f,
                       const char *why);
void forward_log_closed(struct connection *c, const struct forward *f,
                        uint64_t up, uint64_t down);

#endif
