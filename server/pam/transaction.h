#ifndef SERVER_PAM_TRANSACTION_H
#define SERVER_PAM_TRANSACTION_H

#include <security/pam_appl.h>
#include <stdbool.h>

#include "server/ipc/msg.h"
#include "server/pam/conversation.h"

enum transaction_account {
    ACCOUNT_UNKNOWN = 0, /* not asked yet */
    ACCOUNT_OK,
    ACCOUNT_EXPIRED, /* only a new password opens it */
    ACCOUNT_DENIED,
};

/*
 * One user's way through PAM, from pam_start to pam_end.
 *
 * Invariants: handle is NULL before the start; account is asked once and its
 * answer kept; exhausted is never taken back; has_credentials and has_session
 * say what transaction_done() must undo.  Zeroed is not started.
 */
struct transaction {
    pam_handle_t *handle;
    char *user;
    int flags; /* for pam_authenticate */
    bool exhausted;
    enum transaction_account account;
    bool has_credentials;
    bool has_session;
    struct conversation conversation;
};

/*
 * Each step fills *ret for the monitor; its texts live until the next step.
 * A step that cannot be taken now (not started, started twice) is refused.
 */
void transaction_start(struct transaction *t, const struct msg_pam_start *m,
                       struct msg_pam_result *ret);

/* password is borrowed; longer than sshd's 1,024 bytes always fails. */
void transaction_password(struct transaction *t, const char *password,
                          struct msg_pam_result *ret);

/*
 * Authentication, account and, when it has expired, a new password, all
 * through ask.
 */
void transaction_interactive(struct transaction *t, conversation_ask_fn *ask,
                             void *arg, struct msg_pam_result *ret);

void transaction_account(struct transaction *t, struct msg_pam_result *ret);

/* Groups, credentials and session of this process become the user's. */
void transaction_session(struct transaction *t, const struct msg_pam_session *m,
                         struct msg_pam_result *ret);

/* Undo what was done, end PAM. */
void transaction_done(struct transaction *t);

#endif
