#ifndef SERVER_MONITOR_PAM_LINK_H
#define SERVER_MONITOR_PAM_LINK_H

#include "server/monitor/connection.h"

struct pam_link;

/* The answer to a request.  Texts are valid during the call. */
typedef void pam_result_fn(void *arg, const struct msg_pam_result *result);

/* PAM has a question for the user; pam_link_answer() goes on. */
typedef void pam_prompt_fn(void *arg, const struct msg_prompt *prompt);

/*
 * Start portcullis-pam.  When it ends by itself the connection ends, so each
 * request has its result or nobody waits any more.  Sets c->pam.
 * 0 or -errno.
 */
int pam_link_start(struct connection *c, pam_prompt_fn *prompt, void *arg);

/*
 * Send a request; requests are answered in their order, and a few may be
 * under way.  fd is taken.
 */
void pam_link_request(struct pam_link *p, enum msg_type type, const void *body,
                      int fd, pam_result_fn *result, void *arg);

/* The user's answers; any number but one gives the conversation up. */
void pam_link_answer(struct pam_link *p, const struct msg_answer *answer);

/* Close: PAM undoes the session and ends.  NULL is fine. */
void pam_link_close(struct pam_link *p);
void pam_link_free(struct pam_link *p); /* after the loop; NULL is fine */

#endif
