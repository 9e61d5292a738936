#ifndef SERVER_MONITOR_GREETING_H
#define SERVER_MONITOR_GREETING_H

#include <stddef.h>

#include "policy/decide.h"
#include "server/monitor/words.h"

#define GREETING_MAX 8192 /* bytes, with the NUL */

/*
 * The first thing on a client's screen: who one is, what one may forward, how
 * to leave.
 */
void greeting_write(char out[GREETING_MAX], const struct words_who *who,
                    const struct settings *s, const struct key_limits *k);

/* Lines that end in "\n" as a terminal in raw mode wants them: "\r\n". */
void greeting_add_returns(const char *text, char *out, size_t size);

#endif
