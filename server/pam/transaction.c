#include "server/pam/transaction.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/limits.h"

/*
 * The calls to libpam, in sshd's order and with its flags.  PAM's codes end
 * here: the monitor gets yes or no, and words.
 */

static void
refuse(struct msg_pam_result *ret, const char *detail)
{
    *ret = (struct msg_pam_result){.text = "", .detail = detail};
}

/* The outcome of a libpam call, with what PAM told the user meanwhile. */
static void
report(struct transaction *t, int code, struct msg_pam_result *ret)
{
    if (code == PAM_MAXTRIES) {
        t->exhausted = true;
    }
    *ret = (struct msg_pam_result){
        .ok = code == PAM_SUCCESS,
        .expired = code == PAM_NEW_AUTHTOK_REQD,
        .exhausted = t->exhausted,
        .text = t->conversation.text,
        .detail = code == PAM_SUCCESS ? "" : pam_strerror(t->handle, code),
    };
}

static int
set_items(struct transaction *t, const struct msg_pam_start *m)
{
    char *variable = NULL;
    int code = pam_set_item(t->handle, PAM_TTY, "ssh");

    if (code == PAM_SUCCESS && m->remote_host[0] != '\0') {
        code = pam_set_item(t->handle, PAM_RHOST, m->remote_host);
    }
    if (code != PAM_SUCCESS) {
        return code;
    }
    if (asprintf(&variable, "SSH_CONNECTION=%s", m->ssh_connection) < 0) {
        return PAM_BUF_ERR;
    }
    code = pam_putenv(t->handle, variable);
    free(variable);
    return code;
}

void
transaction_start(struct transaction *t, const struct msg_pam_start *m,
                  struct msg_pam_result *ret)
{
    const struct pam_conv conv = {
        .conv = conversation_run,
        .appdata_ptr = &t->conversation,
    };
    int code = PAM_BUF_ERR;

    if (t->user != NULL) {
        refuse(ret, "started twice");
        return;
    }
    conversation_clear(&t->conversation);
    t->flags = m->forbid_empty_password ? PAM_DISALLOW_NULL_AUTHTOK : 0;
    t->user = strdup(m->user);
    if (t->user != NULL) {
        code = pam_start(m->service, m->user, &conv, &t->handle);
    }
    if (code == PAM_SUCCESS) {
        code = set_items(t, m);
    }
    report(t, code, ret);
}

/* A module may rename the user; the monitor has decided about another one. */
static int
check_user(const struct transaction *t)
{
    const void *user = NULL;
    int code = pam_get_item(t->handle, PAM_USER, &user);

    if (code != PAM_SUCCESS) {
        return code;
    }
    return user != NULL && strcmp(user, t->user) == 0 ? PAM_SUCCESS
                                                      : PAM_USER_UNKNOWN;
}

static int
authenticate(struct transaction *t)
{
    int code = pam_authenticate(t->handle, t->flags);

    return code == PAM_SUCCESS ? check_user(t) : code;
}

/* May another authentication be tried?  If not, *ret says why. */
static bool
may_authenticate(const struct transaction *t, struct msg_pam_result *ret)
{
    if (t->handle == NULL) {
        refuse(ret, "not started");
        return false;
    }
    if (t->exhausted) {
        refuse(ret, pam_strerror(t->handle, PAM_MAXTRIES));
        ret->exhausted = true;
        return false;
    }
    return true;
}

void
transaction_password(struct transaction *t, const char *password,
                     struct msg_pam_result *ret)
{
    if (!may_authenticate(t, ret)) {
        return;
    }
    if (strlen(password) > LIMIT_PASSWORD_BYTES) {
        refuse(ret, "password too long");
        return;
    }
    conversation_clear(&t->conversation);
    t->conversation.password = password;
    report(t, authenticate(t), ret);
    t->conversation.password = NULL;
}

static enum transaction_account
account_of(int code)
{
    if (code == PAM_SUCCESS) {
        return ACCOUNT_OK;
    }
    return code == PAM_NEW_AUTHTOK_REQD ? ACCOUNT_EXPIRED : ACCOUNT_DENIED;
}

/* Ask PAM about the account, the first time. */
static int
check_account(struct transaction *t)
{
    int code = PAM_SUCCESS;

    if (t->account == ACCOUNT_UNKNOWN) {
        code = pam_acct_mgmt(t->handle, 0);
        if (code == PAM_SUCCESS) {
            code = check_user(t);
        }
        t->account = account_of(code);
        return code;
    }
    switch (t->account) {
    case ACCOUNT_UNKNOWN:
    case ACCOUNT_DENIED:
        break;
    case ACCOUNT_OK:
        return PAM_SUCCESS;
    case ACCOUNT_EXPIRED:
        return PAM_NEW_AUTHTOK_REQD;
    }
    return PAM_PERM_DENIED;
}

/* The account, and the new password that it may want. */
static int
settle_account(struct transaction *t)
{
    int code = check_account(t);

    if (code != PAM_NEW_AUTHTOK_REQD) {
        return code;
    }
    code = pam_chauthtok(t->handle, PAM_CHANGE_EXPIRED_AUTHTOK);
    if (code == PAM_SUCCESS) {
        t->account = ACCOUNT_OK;
    }
    return code;
}

void
transaction_interactive(struct transaction *t, conversation_ask_fn *ask,
                        void *arg, struct msg_pam_result *ret)
{
    int code = PAM_SUCCESS;

    if (!may_authenticate(t, ret)) {
        return;
    }
    conversation_clear(&t->conversation);
    t->conversation.ask = ask;
    t->conversation.arg = arg;
    code = authenticate(t);
    if (code == PAM_SUCCESS) {
        code = settle_account(t);
    }
    t->conversation.ask = NULL;
    report(t, code, ret);
}

void
transaction_account(struct transaction *t, struct msg_pam_result *ret)
{
    if (t->handle == NULL) {
        refuse(ret, "not started");
        return;
    }
    conversation_clear(&t->conversation);
    report(t, check_account(t), ret);
}

/*
 * As sshd: missing credentials matter only to who logged in through PAM.  The
 * groups come first, for modules that add to them.
 */
static int
set_credentials(struct transaction *t, bool required)
{
    int code = pam_setcred(t->handle, PAM_ESTABLISH_CRED);

    t->has_credentials = code == PAM_SUCCESS;
    return required ? code : PAM_SUCCESS;
}

void
transaction_session(struct transaction *t, const struct msg_pam_session *m,
                    struct msg_pam_result *ret)
{
    int code = PAM_SUCCESS;

    if (t->account != ACCOUNT_OK || t->has_session) {
        refuse(ret, "no session now");
        return;
    }
    conversation_clear(&t->conversation);
    if (initgroups(t->user, m->gid) < 0) {
        refuse(ret, strerror(errno));
        return;
    }
    code = set_credentials(t, m->authenticated_by_pam != 0);
    if (code == PAM_SUCCESS) {
        code = pam_open_session(t->handle, 0);
        t->has_session = code == PAM_SUCCESS;
    }
    report(t, code, ret);
}

void
transaction_done(struct transaction *t)
{
    int code = PAM_SUCCESS;

    conversation_clear(&t->conversation);
    if (t->has_session) {
        code = pam_close_session(t->handle, PAM_SILENT);
    }
    if (t->has_credentials) {
        pam_setcred(t->handle, PAM_DELETE_CRED | PAM_SILENT);
    }
    if (t->handle != NULL) {
        pam_end(t->handle, code);
    }
    free(t->user);
    *t = (struct transaction){0};
}
