#ifndef SERVER_MONITOR_POLICY_WORDS_H
#define SERVER_MONITOR_POLICY_WORDS_H

#include "policy/decide.h"
#include "server/monitor/page.h"

/*
 * What one may forward, in one sentence a rule; of each list at most so many
 * entries.  Names lines of the configuration only if ExplainDenials is full.
 */
void policy_words_write(struct page *p, const struct settings *s,
                        const struct key_limits *k, size_t entries_max);

#endif
