#ifndef SERVER_MONITOR_CONSOLE_H
#define SERVER_MONITOR_CONSOLE_H

#include "server/monitor/connection.h"

/*
 * Session channels.  A "shell" is a screen: it gets a greeting and a line for
 * each forward; the few words of exec_words.h are answered; nothing is run.
 */

void consoles_end(struct connection *c);

/* The session's messages. */
void console_open(struct connection *c, uint32_t id);
void console_request(struct connection *c, const struct msg_session_request *m);
/* The person at the screen has seen enough. */
void console_leave(struct connection *c, uint32_t id);
void console_close(struct connection *c, uint32_t id);

/* A line to every screen. */
void console_opened(struct connection *c, const struct words_forward *f);
void console_closed(struct connection *c, const struct words_forward *f,
                    uint64_t up, uint64_t down, uint64_t duration_ms);
void console_failed(struct connection *c, const struct words_forward *f,
                    const char *why);
/* why is what the client may know, or nothing (denial.h) */
void console_refused(struct connection *c, const struct words_forward *f,
                     const char *why);
/* Somebody who connected to a listener, as in console_refused(). */
void console_turned_away(struct connection *c, const struct words_forward *f,
                         const char *why);
void console_listen_refused(struct connection *c,
                            const struct words_listener *l, const char *why);
void console_listen_opened(struct connection *c,
                           const struct words_listener *l);
void console_listen_closed(struct connection *c,
                           const struct words_listener *l);
void console_listen_failed(struct connection *c, const struct words_listener *l,
                           const char *why);

#endif
