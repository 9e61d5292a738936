#ifndef SERVER_MONITOR_DENIAL_H
#define SERVER_MONITOR_DENIAL_H

#include <stddef.h>

#include "policy/decision.h"
#include "policy/settings.h"

/*
 * How much of a refusal the client is told: ExplainDenials.  The log has all
 * of it, whatever this says.
 */

#define DENIAL_MAX 400 /* bytes, with the NUL */

/* For a refused channel: "open failed" as sshd, "not permitted", or
 * "not permitted: REASON by FILE:LINE". */
void denial_open(char out[DENIAL_MAX], const struct settings *s,
                 const struct decision *why);

/* For a sentence: nothing, "REASON", or "REASON by FILE:LINE". */
void denial_reason(char out[DENIAL_MAX], const struct settings *s,
                   const struct decision *why);

/* For the end of a connection: words, with the rule if that is wanted, or
 * nothing but that it ends. */
void denial_goodbye(char out[DENIAL_MAX], const struct settings *s,
                    const char *words, const struct origin *from);

#endif
