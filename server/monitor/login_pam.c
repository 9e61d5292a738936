/*
 * What only PAM does: its start, keyboard-interactive (RFC 4256), the
 * account phase that every method passes, and the session.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/log/log.h"
#include "server/monitor/login.h"
#include "server/monitor/pam_link.h"

#define PAM_SERVICE "portcullis"

/* Results may come after the connection has begun to end. */
static bool
is_over(const struct login *l)
{
    return l->state == LOGIN_OVER;
}

/* ---- the start ---- */

static void
on_started(void *arg, const struct msg_pam_result *result)
{
    struct login *l = arg;

    if (result->ok || is_over(l)) {
        return;
    }
    log_line(LOG_LEVEL_ERROR, "PAM: initialisation failed: %s", result->detail);
    connection_disconnect(l->c, DISCONNECT_BY_APPLICATION,
                          "the server has an internal error");
}

int
login_pam_start(struct login *l)
{
    const struct peer *peer = &l->c->peer;
    char addresses[2 * ADDRESS_TEXT_MAX + 16];
    bool known = peer->address.family != ADDRESS_NONE;
    const struct msg_pam_start m = {
        .service = PAM_SERVICE,
        .user = l->name,
        .remote_host = known ? peer->host : "",
        .ssh_connection = addresses,
        .forbid_empty_password = 1,
    };
    int r = pam_link_start(l->c, login_on_prompt, l);

    if (r < 0) {
        return r;
    }
    snprintf(addresses, sizeof(addresses), "%s %u %s %u", peer->ip, peer->port,
             peer->local_ip, peer->local_port);
    pam_link_request(l->c->pam, MSG_PAM_START, &m, -1, on_started, l);
    return 0;
}

/* ---- keyboard-interactive ---- */

/* sshd's line beside "Failed keyboard-interactive/pam", always at ERROR. */
static void
log_failure(const struct login *l, const char *why)
{
    log_line(LOG_LEVEL_ERROR, "PAM: %s for %s%.100s from %s",
             why[0] == '\0' ? "Authentication failure" : why,
             l->valid ? "" : "illegal user ", l->name, l->c->peer.host);
}

static void
on_interactive(void *arg, const struct msg_pam_result *result)
{
    struct login *l = arg;

    if (is_over(l)) {
        return;
    }
    l->c->outcome.is_attempted = true;
    l->exhausted = l->exhausted || result->exhausted != 0;
    if (l->is_cancelled) {
        login_go_on(l);
        return;
    }
    if (result->ok && !l->is_fake) {
        login_accept(l);
        return;
    }
    log_failure(l, result->detail);
    login_refuse(l);
}

void
login_interactive(struct login *l)
{
    const struct msg_none none = {0};

    if (l->c->settings->kbd_interactive_authentication.value == 0 ||
        !l->uses_pam || l->exhausted) {
        login_refuse(l);
        return;
    }
    l->is_fake = !login_password_is_welcome(l);
    l->state = LOGIN_WORKING;
    pam_link_request(l->c->pam, MSG_PAM_INTERACTIVE, &none, -1, on_interactive,
                     l);
}

void
login_on_prompt(void *arg, const struct msg_prompt *prompt)
{
    struct login *l = arg;

    if (is_over(l)) {
        return;
    }
    if (l->state != LOGIN_WORKING || l->method != AUTH_METHOD_INTERACTIVE ||
        prompt->count != 1) {
        connection_breach(l->c, "unexpected question from portcullis-pam");
        return;
    }
    login_log_postponed(l);
    l->state = LOGIN_ASKING;
    connection_send(l->c, MSG_AUTH_PROMPT, prompt, -1);
}

void
login_interactive_cancel(struct login *l)
{
    const struct msg_answer none = {0};

    l->is_cancelled = true;
    l->state = LOGIN_WORKING;
    pam_link_answer(l->c->pam, &none);
}

/* Not text, or too long: no answer that could be right. */
static void
take_answer(struct wire_bytes given, char out[LIMIT_PASSWORD_BYTES + 1])
{
    out[0] = '\0';
    if (given.size == 0 || given.size > LIMIT_PASSWORD_BYTES ||
        memchr(given.data, '\0', given.size) != NULL) {
        return;
    }
    memcpy(out, given.data, given.size);
    out[given.size] = '\0';
}

void
login_interactive_answer(struct login *l, struct wire_bytes payload)
{
    struct auth_response r;
    char text[LIMIT_PASSWORD_BYTES + 1];
    struct msg_answer answer = {.count = 1, .answers = {text}};

    if (auth_response_parse(payload, &r) < 0 || r.count != 1) {
        connection_disconnect(l->c, DISCONNECT_PROTOCOL_ERROR,
                              "wrong number of answers");
        return;
    }
    l->c->outcome.is_attempted = true;
    take_answer(r.list[0], text);
    if (l->is_fake) {
        login_fake(text);
    }
    l->state = LOGIN_WORKING;
    l->request_ms = uv_now(&l->c->loop);
    pam_link_answer(l->c->pam, &answer);
    explicit_bzero(text, sizeof(text));
}

/* ---- account and session ---- */

static void
tell(struct login *l, const char *text)
{
    const struct msg_text m = {.text = text};

    if (text[0] != '\0') {
        connection_send(l->c, MSG_AUTH_BANNER, &m, -1);
    }
}

static void
on_session(void *arg, const struct msg_pam_result *result)
{
    struct login *l = arg;

    if (is_over(l)) {
        return;
    }
    if (!result->ok) {
        log_line(LOG_LEVEL_ERROR, "PAM: no session for %.100s: %s", l->name,
                 result->detail);
        tell(l, result->text);
        connection_disconnect(l->c, DISCONNECT_BY_APPLICATION,
                              "the server could not open a session");
        return;
    }
    login_admitted(l);
}

static void
ask_session(struct login *l)
{
    const struct msg_pam_session m = {
        .uid = l->user->uid,
        .gid = l->user->gid,
        .home = l->user->home,
        .authenticated_by_pam = l->method != AUTH_METHOD_PUBLICKEY,
    };

    login_announce(l);
    pam_link_request(l->c->pam, MSG_PAM_SESSION, &m, -1, on_session, l);
}

static void
deny(struct login *l, const struct msg_pam_result *result)
{
    tell(l, result->text);
    log_set_preauth(true);
    log_line(LOG_LEVEL_FATAL,
             "Access denied for user %.100s by PAM account configuration",
             l->name);
    log_set_preauth(false);
    connection_disconnect(l->c, DISCONNECT_NO_MORE_METHODS,
                          "access denied by the account's configuration");
}

static void
refuse_expired(struct login *l, const struct msg_pam_result *result)
{
    tell(l, result->text);
    tell(l, "Your password has expired and must be changed first. This host "
            "only forwards: log in with keyboard-interactive to be asked for "
            "a new password, or change it elsewhere.\n");
    log_line(LOG_LEVEL_INFO,
             "User %.100s from %s not allowed because the "
             "password has expired",
             l->name, l->c->peer.ip);
    connection_disconnect(l->c, DISCONNECT_NO_MORE_METHODS,
                          "your password has expired");
}

static void
on_account(void *arg, const struct msg_pam_result *result)
{
    struct login *l = arg;

    if (is_over(l)) {
        return;
    }
    if (result->ok) {
        ask_session(l);
    } else if (result->expired) {
        refuse_expired(l, result);
    } else {
        deny(l, result);
    }
}

void
login_pam_admit(struct login *l)
{
    const struct msg_none none = {0};

    pam_link_request(l->c->pam, MSG_PAM_ACCOUNT, &none, -1, on_account, l);
}
