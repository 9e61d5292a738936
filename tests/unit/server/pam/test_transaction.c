#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "server/pam/transaction.h"

/*
 * A PAM of our own, in the place of libpam: it answers with the codes that
 * the test set and writes down what it was called with, a word a call.
 */
static struct {
    int authenticate, account, change, credentials, open;
    const char *renamed; /* PAM_USER after authentication */
    bool prompts;        /* authentication asks for a password */
    bool speaks;         /* every call says "words" */
} stack;

static char journal[512];
static const struct pam_conv *conversation;
static char given[2048]; /* the password that was answered */

static void
note(const char *words)
{
    strncat(journal, words, sizeof(journal) - strlen(journal) - 1);
    strncat(journal, " ", sizeof(journal) - strlen(journal) - 1);
}

static int
converse(int style, const char *words)
{
    const struct pam_message message = {style, words};
    const struct pam_message *messages[] = {&message};
    struct pam_response *answers = NULL;
    int code =
        conversation->conv(1, messages, &answers, conversation->appdata_ptr);

    if (code == PAM_SUCCESS && answers->resp != NULL) {
        strncpy(given, answers->resp, sizeof(given) - 1);
    }
    if (answers != NULL) {
        free(answers->resp);
        free(answers);
    }
    return code;
}

static int
play(const char *name, int code)
{
    note(name);
    if (stack.speaks) {
        converse(PAM_TEXT_INFO, "words");
    }
    return code;
}

int
pam_start(const char *service, const char *user, const struct pam_conv *conv,
          pam_handle_t **handle)
{
    static struct pam_conv kept;

    kept = *conv;
    conversation = &kept;
    *handle = (pam_handle_t *)&kept;
    note("start");
    note(service);
    note(user);
    return PAM_SUCCESS;
}

int
pam_end(pam_handle_t *handle, int status)
{
    (void)handle;
    (void)status;
    note("end");
    return PAM_SUCCESS;
}

int
pam_set_item(pam_handle_t *handle, int type, const void *item)
{
    (void)handle;
    note(type == PAM_RHOST ? "rhost" : type == PAM_TTY ? "tty" : "?");
    note(item);
    return PAM_SUCCESS;
}

int
pam_get_item(const pam_handle_t *handle, int type, const void **item)
{
    (void)handle;
    assert_int_equal(type, PAM_USER);
    *item = stack.renamed != NULL ? stack.renamed : "alice";
    return PAM_SUCCESS;
}

int
pam_putenv(pam_handle_t *handle, const char *variable)
{
    (void)handle;
    note(variable);
    return PAM_SUCCESS;
}

const char *
pam_strerror(pam_handle_t *handle, int code)
{
    (void)handle;
    return code == PAM_AUTH_ERR ? "Authentication failure" : "other";
}

int
pam_authenticate(pam_handle_t *handle, int flags)
{
    (void)handle;
    note(flags == PAM_DISALLOW_NULL_AUTHTOK ? "auth-no-null" : "auth");
    if (stack.prompts &&
        converse(PAM_PROMPT_ECHO_OFF, "Password: ") != PAM_SUCCESS) {
        return PAM_CONV_ERR;
    }
    return play("", stack.authenticate);
}

int
pam_acct_mgmt(pam_handle_t *handle, int flags)
{
    (void)handle;
    (void)flags;
    return play("account", stack.account);
}

int
pam_chauthtok(pam_handle_t *handle, int flags)
{
    (void)handle;
    assert_int_equal(flags, PAM_CHANGE_EXPIRED_AUTHTOK);
    return play("change", stack.change);
}

int
pam_setcred(pam_handle_t *handle, int flags)
{
    (void)handle;
    if (flags == (PAM_DELETE_CRED | PAM_SILENT)) {
        note("delete-cred");
        return PAM_SUCCESS;
    }
    assert_int_equal(flags, PAM_ESTABLISH_CRED);
    return play("cred", stack.credentials);
}

int
pam_open_session(pam_handle_t *handle, int flags)
{
    (void)handle;
    (void)flags;
    return play("open", stack.open);
}

int
pam_close_session(pam_handle_t *handle, int flags)
{
    (void)handle;
    assert_int_equal(flags, PAM_SILENT);
    note("close");
    return PAM_SUCCESS;
}

int
initgroups(const char *user, gid_t gid)
{
    assert_string_equal(user, "alice");
    assert_int_equal(gid, 43);
    note("groups");
    return 0;
}

/* A started transaction with a stack that says yes to everything. */
static struct transaction *
start(void)
{
    static struct transaction t;
    const struct msg_pam_start m = {
        .service = "service",
        .user = "alice",
        .remote_host = "192.0.2.1",
        .ssh_connection = "c 1 s 2",
        .forbid_empty_password = 1,
    };
    struct msg_pam_result r;

    memset(&stack, 0, sizeof(stack));
    journal[0] = '\0';
    given[0] = '\0';
    t = (struct transaction){0};
    transaction_start(&t, &m, &r);
    assert_int_equal(r.ok, 1);
    assert_string_equal(journal, "start service alice tty ssh "
                                 "rhost 192.0.2.1 SSH_CONNECTION=c 1 s 2 ");
    journal[0] = '\0';
    return &t;
}

static void
end(struct transaction *t, const char *expected)
{
    journal[0] = '\0';
    transaction_done(t);
    assert_string_equal(journal, expected);
}

static struct msg_pam_result
session(struct transaction *t, bool by_pam)
{
    const struct msg_pam_session m = {
        .uid = 42, .gid = 43, .home = "/", .authenticated_by_pam = by_pam};
    struct msg_pam_result r;

    transaction_session(t, &m, &r);
    return r;
}

static int
answer(void *arg, const char *instruction, const char *prompt, bool echo,
       char **ret)
{
    (void)instruction;
    (void)prompt;
    (void)echo;
    *ret = strdup(arg);
    return 0;
}

static void
test_a_password_login_takes_sshds_steps(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.prompts = stack.speaks = true;
    transaction_password(t, "secret", &r);
    assert_int_equal(r.ok, 1);
    assert_string_equal(r.detail, "");
    assert_string_equal(r.text, "words\n");
    assert_string_equal(given, "secret");
    transaction_account(t, &r);
    assert_int_equal(r.ok, 1);
    assert_int_equal(session(t, true).ok, 1);
    assert_string_equal(journal, "auth-no-null  account groups cred open ");
    end(t, "close delete-cred end ");
}

static void
test_failures_carry_words_and_no_codes(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.authenticate = PAM_AUTH_ERR;
    transaction_password(t, "secret", &r);
    assert_int_equal(r.ok, 0);
    assert_string_equal(r.detail, "Authentication failure");
    assert_int_equal(r.exhausted, 0);
    end(t, "end ");
}

static void
test_a_long_password_never_reaches_pam(void **state)
{
    char password[1026];
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.prompts = true;
    memset(password, 'x', sizeof(password) - 1);
    password[1025] = '\0';
    transaction_password(t, password, &r);
    assert_int_equal(r.ok, 0);
    assert_string_equal(journal, "");
    password[1024] = '\0';
    transaction_password(t, password, &r);
    assert_int_equal(r.ok, 1);
    end(t, "end ");
}

static void
test_a_renamed_user_is_refused(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.renamed = "root";
    transaction_password(t, "secret", &r);
    assert_int_equal(r.ok, 0);
    transaction_interactive(t, answer, (char[]){"x"}, &r);
    assert_int_equal(r.ok, 0);
    transaction_account(t, &r);
    assert_int_equal(r.ok, 0);
    end(t, "end ");
}

static void
test_too_many_tries_end_all_passwords(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.authenticate = PAM_MAXTRIES;
    transaction_password(t, "secret", &r);
    assert_int_equal(r.ok, 0);
    assert_int_equal(r.exhausted, 1);
    stack.authenticate = PAM_SUCCESS;
    journal[0] = '\0';
    transaction_password(t, "secret", &r);
    assert_int_equal(r.ok, 0);
    assert_int_equal(r.exhausted, 1);
    transaction_interactive(t, answer, (char[]){"x"}, &r);
    assert_int_equal(r.ok, 0);
    assert_string_equal(journal, "");
    end(t, "end ");
}

static void
test_interactive_settles_the_account_too(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.prompts = true;
    transaction_interactive(t, answer, (char[]){"typed"}, &r);
    assert_int_equal(r.ok, 1);
    assert_string_equal(given, "typed");
    transaction_account(t, &r);
    assert_int_equal(r.ok, 1);
    assert_string_equal(journal, "auth-no-null  account ");
    end(t, "end ");
}

static void
test_an_expired_password_is_changed_only_interactively(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.account = PAM_NEW_AUTHTOK_REQD;
    transaction_account(t, &r);
    assert_int_equal(r.ok, 0);
    assert_int_equal(r.expired, 1);
    assert_int_equal(session(t, false).ok, 0);

    stack.change = PAM_AUTHTOK_ERR;
    transaction_interactive(t, answer, (char[]){"x"}, &r);
    assert_int_equal(r.ok, 0);

    stack.change = PAM_SUCCESS;
    transaction_interactive(t, answer, (char[]){"x"}, &r);
    assert_int_equal(r.ok, 1);
    assert_int_equal(r.expired, 0);
    transaction_account(t, &r);
    assert_int_equal(r.ok, 1);
    assert_string_equal(journal, "account auth-no-null  change "
                                 "auth-no-null  change ");
    end(t, "end ");
}

static void
test_a_denied_account_stays_denied(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.account = PAM_ACCT_EXPIRED;
    transaction_interactive(t, answer, (char[]){"x"}, &r);
    assert_int_equal(r.ok, 0);
    assert_int_equal(r.expired, 0);
    stack.account = PAM_SUCCESS;
    transaction_account(t, &r);
    assert_int_equal(r.ok, 0);
    assert_int_equal(session(t, true).ok, 0);
    end(t, "end ");
}

static void
test_missing_credentials_matter_after_pam_authentication(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.credentials = PAM_CRED_UNAVAIL;
    transaction_account(t, &r);
    assert_int_equal(session(t, true).ok, 0);
    assert_int_equal(session(t, false).ok, 1);
    end(t, "close end ");
}

static void
test_a_session_that_does_not_open_is_no_session(void **state)
{
    struct transaction *t = start();
    struct msg_pam_result r;

    (void)state;
    stack.open = PAM_SESSION_ERR;
    transaction_account(t, &r);
    assert_int_equal(session(t, true).ok, 0);
    end(t, "delete-cred end ");
}

static void
test_nothing_happens_before_the_start_and_it_starts_once(void **state)
{
    const struct msg_pam_start m = {
        .service = "s", .user = "u", .remote_host = "", .ssh_connection = ""};
    struct transaction unstarted = {0};
    struct transaction *t = NULL;
    struct msg_pam_result r;

    (void)state;
    journal[0] = '\0';
    transaction_password(&unstarted, "x", &r);
    assert_int_equal(r.ok, 0);
    transaction_interactive(&unstarted, answer, NULL, &r);
    assert_int_equal(r.ok, 0);
    transaction_account(&unstarted, &r);
    assert_int_equal(r.ok, 0);
    assert_int_equal(session(&unstarted, false).ok, 0);
    end(&unstarted, "");

    t = start();
    transaction_start(t, &m, &r);
    assert_int_equal(r.ok, 0);
    assert_string_equal(journal, "");
    end(t, "end ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_password_login_takes_sshds_steps),
        cmocka_unit_test(test_failures_carry_words_and_no_codes),
        cmocka_unit_test(test_a_long_password_never_reaches_pam),
        cmocka_unit_test(test_a_renamed_user_is_refused),
        cmocka_unit_test(test_too_many_tries_end_all_passwords),
        cmocka_unit_test(test_interactive_settles_the_account_too),
        cmocka_unit_test(
            test_an_expired_password_is_changed_only_interactively),
        cmocka_unit_test(test_a_denied_account_stays_denied),
        cmocka_unit_test(
            test_missing_credentials_matter_after_pam_authentication),
        cmocka_unit_test(test_a_session_that_does_not_open_is_no_session),
        cmocka_unit_test(
            test_nothing_happens_before_the_start_and_it_starts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
