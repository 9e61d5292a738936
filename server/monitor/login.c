/*
 * The state machine of a login, without the methods: what comes first, what
 * is counted, what success and failure lead to (semantics C.1, C.7, C.9).
 */
#include "server/monitor/login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/log/log.h"
#include "server/monitor/banner.h"
#include "server/monitor/login_begin.h"
#include "server/monitor/login_count.h"
#include "server/monitor/peer_name.h"

int
login_new(struct connection *c)
{
    struct login *l = calloc(1, sizeof(*l));
    int r = 0;

    if (l == NULL) {
        return -ENOMEM;
    }
    l->c = c;
    r = uv_timer_init(&c->loop, &l->delay);
    l->delay.data = l;
    c->login = l;
    return r;
}

static void
drop_held(struct login *l)
{
    if (l->held != NULL) {
        explicit_bzero(l->held, l->held_size);
    }
    free(l->held);
    l->held = NULL;
    l->held_size = 0;
}

void
login_stop(struct login *l)
{
    if (l == NULL) {
        return;
    }
    l->state = LOGIN_OVER;
    uv_timer_stop(&l->delay);
    drop_held(l);
}

void
login_free(struct login *l)
{
    if (l == NULL) {
        return;
    }
    drop_held(l);
    arena_free(l->arena);
    user_free(l->user);
    free(l);
}

const char *
login_name(const struct login *l)
{
    return l->begun ? l->name : NULL;
}

bool
login_is_valid(const struct login *l)
{
    return l->valid;
}

/* ---- log lines ---- */

static const char *
method_words(const struct login *l)
{
    return l->method == AUTH_METHOD_INTERACTIVE ? "keyboard-interactive/pam"
                                                : auth_method_name(l->method);
}

static void
log_attempt(const struct login *l, enum log_level level, const char *outcome)
{
    const char *extra = l->method == AUTH_METHOD_PUBLICKEY ? l->key_words : "";

    log_line(level, "%s %s for %s%.100s from %s port %u ssh2%s%s", outcome,
             method_words(l), l->valid ? "" : "invalid user ", l->name,
             l->c->peer.ip, l->c->peer.port, extra[0] == '\0' ? "" : ": ",
             extra);
}

static enum log_level
attempt_level(const struct login *l)
{
    return attempts_are_loud(&l->attempts, l->method, l->valid,
                             l->c->settings->max_auth_tries.value)
               ? LOG_LEVEL_INFO
               : LOG_LEVEL_VERBOSE;
}

void
login_log_postponed(struct login *l)
{
    log_set_preauth(true);
    log_attempt(l, attempt_level(l), "Postponed");
    log_set_preauth(false);
}

void
login_announce(struct login *l)
{
    l->c->outcome.is_admitted = true;
    log_attempt(l, LOG_LEVEL_INFO, "Accepted");
}

static void
say_too_many(struct login *l)
{
    log_set_preauth(true);
    log_line(LOG_LEVEL_ERROR,
             "maximum authentication attempts exceeded for %s%.100s from %s "
             "port %u ssh2",
             l->valid ? "" : "invalid user ", l->name, l->c->peer.ip,
             l->c->peer.port);
    log_set_preauth(false);
    connection_disconnect(l->c, DISCONNECT_PROTOCOL_ERROR,
                          "Too many authentication failures");
}

/* ---- answers ---- */

static void
list_methods(const struct login *l, char *out, size_t size)
{
    const struct settings *s = l->c->settings;
    bool passwords = s->password_authentication.value != 0 && !l->exhausted &&
                     (l->uses_pam || geteuid() == 0);
    bool interactive = s->kbd_interactive_authentication.value != 0 &&
                       !l->exhausted && l->uses_pam;

    snprintf(out, size, "%s%s%s",
             s->pubkey_authentication.value != 0 ? "publickey," : "",
             passwords ? "password," : "",
             interactive ? "keyboard-interactive," : "");
    if (out[0] != '\0') {
        out[strlen(out) - 1] = '\0';
    }
}

static void
send_failure(struct login *l)
{
    char methods[64];
    const struct msg_auth_failure m = {.methods = methods};

    list_methods(l, methods, sizeof(methods));
    l->state = LOGIN_IDLE;
    connection_send(l->c, MSG_AUTH_FAILURE, &m, -1);
}

static void
on_delay(uv_timer_t *timer)
{
    send_failure(timer->data);
}

void
login_refuse(struct login *l)
{
    bool go_on = false;

    if (l->method != AUTH_METHOD_NONE) {
        log_attempt(l, attempt_level(l), "Failed");
    }
    go_on = attempts_failure(&l->attempts, l->method,
                             l->c->settings->max_auth_tries.value);
    l->has_key = false;
    if (!go_on) {
        say_too_many(l);
        return;
    }
    if (l->method == AUTH_METHOD_NONE) {
        send_failure(l);
        return;
    }
    l->state = LOGIN_FAILING;
    uv_update_time(&l->c->loop);
    uv_timer_start(&l->delay, on_delay,
                   attempts_delay_ms(uv_now(&l->c->loop) - l->request_ms), 0);
}

/* PermitRootLogin, which goes by uid and not by name. */
static bool
root_may(const struct login *l)
{
    switch ((enum root_login)l->c->settings->permit_root_login.value) {
    case ROOT_LOGIN_YES:
        return true;
    case ROOT_LOGIN_NO_PASSWORD:
        return l->method == AUTH_METHOD_PUBLICKEY;
    case ROOT_LOGIN_FORCED_COMMANDS:
        return l->method == AUTH_METHOD_PUBLICKEY && l->key.has_command;
    case ROOT_LOGIN_NO:
        break;
    }
    return false;
}

void
login_accept(struct login *l)
{
    if (!l->valid) {
        login_refuse(l);
        return;
    }
    if (l->user->uid == 0 && !root_may(l)) {
        log_line(LOG_LEVEL_INFO, "ROOT LOGIN REFUSED FROM %s port %u",
                 l->c->peer.ip, l->c->peer.port);
        login_refuse(l);
        return;
    }
    login_count(l);
}

void
login_admit(struct login *l)
{
    l->state = LOGIN_ADMITTING;
    if (l->uses_pam) {
        login_pam_admit(l);
        return;
    }
    login_announce(l);
    login_admitted(l);
}

void
login_admitted(struct login *l)
{
    bool by_key = l->method == AUTH_METHOD_PUBLICKEY && l->has_key;

    login_stop(l);
    connection_login(l->c, l->user, by_key ? &l->key.limits : &key_limits_none);
}

bool
login_password_is_welcome(const struct login *l)
{
    return l->valid &&
           (l->user->uid != 0 ||
            l->c->settings->permit_root_login.value == ROOT_LOGIN_YES);
}

void
login_fake(char *text)
{
    static const char junk[] = "\b\n\r\177INCORRECT"; /* as sshd's */

    for (size_t i = 0; text[i] != '\0'; i++) {
        text[i] = junk[i % (sizeof(junk) - 1)];
    }
}

/* ---- requests ---- */

/* False: the connection ends. */
static bool
is_same_login(struct login *l, const struct auth_request *r)
{
    char text[300];

    if (strcmp(r->user, l->sent_user) == 0 &&
        strcmp(r->service, l->service) == 0) {
        return true;
    }
    snprintf(text, sizeof(text),
             "Change of username or service not allowed: "
             "(%.50s,%.50s) -> (%.50s,%.50s)",
             l->sent_user, l->service, r->user, r->service);
    connection_disconnect(l->c, DISCONNECT_PROTOCOL_ERROR, text);
    return false;
}

static void
try_method(struct login *l, const struct auth_request *r)
{
    l->method = r->method;
    l->has_key = false;
    l->is_fake = false;
    l->is_cancelled = false;
    l->key_words[0] = '\0';
    switch (r->method) {
    case AUTH_METHOD_PUBLICKEY:
        login_publickey(l, r);
        return;
    case AUTH_METHOD_PASSWORD:
        login_password(l, r);
        return;
    case AUTH_METHOD_INTERACTIVE:
        login_interactive(l);
        return;
    case AUTH_METHOD_NONE:
    case AUTH_METHOD_UNKNOWN:
        login_refuse(l);
        return;
    }
}

static void
handle(struct login *l, struct wire_bytes payload)
{
    struct auth_request r;

    l->request_ms = uv_now(&l->c->loop);
    if (auth_request_parse(payload, &r) < 0) {
        connection_disconnect(l->c, DISCONNECT_PROTOCOL_ERROR,
                              "malformed authentication request");
        return;
    }
    if (!attempts_request(&l->attempts)) {
        say_too_many(l);
        return;
    }
    if (!l->begun) {
        if (login_begin(l, &r) < 0) {
            return; /* it has said why */
        }
        banner_send(l->c);
    }
    if (is_same_login(l, &r)) {
        try_method(l, &r);
    }
}

/* False: the connection ends. */
static bool
hold(struct login *l, struct wire_bytes payload)
{
    l->held = malloc(payload.size);
    if (l->held == NULL) {
        connection_breach(l->c, "out of memory");
        return false;
    }
    memcpy(l->held, payload.data, payload.size);
    l->held_size = payload.size;
    return true;
}

static void
on_host_known(void *arg)
{
    struct login *l = arg;

    if (l->state == LOGIN_NAMING) {
        login_go_on(l);
    }
}

/* UseDNS: whoever the client is, its host counts. */
static void
ask_for_host(struct login *l, struct wire_bytes payload)
{
    int r = 0;

    if (!hold(l, payload)) {
        return;
    }
    l->state = LOGIN_NAMING;
    r = peer_name_start(l->c, on_host_known, l);
    if (r < 0) {
        log_line(LOG_LEVEL_ERROR, "cannot look up the client's name: %s",
                 strerror(-r));
        login_go_on(l);
    }
}

static bool
wants_host(const struct login *l)
{
    return l->c->settings->use_dns.value != 0 && l->c->peer_name == NULL &&
           l->c->peer.address.family != ADDRESS_NONE;
}

void
login_request(struct login *l, struct wire_bytes payload)
{
    if (l->state == LOGIN_ASKING && payload.size > 0) {
        /* PAM has to hear first that its question was given up. */
        if (hold(l, payload)) {
            login_interactive_cancel(l);
        }
        return;
    }
    if (l->state != LOGIN_IDLE) {
        connection_breach(l->c, "authentication request out of turn");
        return;
    }
    if (wants_host(l) && payload.size > 0) {
        ask_for_host(l, payload);
        return;
    }
    handle(l, payload);
}

void
login_response(struct login *l, struct wire_bytes payload)
{
    if (l->state != LOGIN_ASKING) {
        connection_breach(l->c, "authentication answer out of turn");
        return;
    }
    login_interactive_answer(l, payload);
}

void
login_go_on(struct login *l)
{
    uint8_t *held = l->held;
    size_t size = l->held_size;

    l->held = NULL;
    l->held_size = 0;
    l->state = LOGIN_IDLE;
    if (held != NULL) {
        handle(l, (struct wire_bytes){held, size});
        explicit_bzero(held, size);
    }
    free(held);
}
