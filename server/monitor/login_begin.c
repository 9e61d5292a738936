/* Who is it, and may such a one log in at all? (semantics C.1.4, C.2) */
#include "server/monitor/login_begin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "policy/access.h"
#include "server/log/log.h"
#include "server/monitor/shadow.h"

/* "name:style" is sshd's; the style has no meaning here. */
static void
take_names(struct login *l, const struct auth_request *r)
{
    snprintf(l->sent_user, sizeof(l->sent_user), "%s", r->user);
    snprintf(l->service, sizeof(l->service), "%s", r->service);
    snprintf(l->name, sizeof(l->name), "%s", r->user);
    l->name[strcspn(l->name, ":")] = '\0';
    l->begun = true;
}

static struct identity
identity_of(const struct login *l)
{
    const struct peer *peer = &l->c->peer;
    struct identity who = {
        .user = l->name,
        .invalid_user = l->user == NULL,
        .host = peer->host,
        .address = peer->address,
        .local_address = peer->local_address,
        .local_port = peer->local_port,
    };

    if (l->user != NULL) {
        who.groups = (const char *const *)l->user->group_names;
        who.group_count = l->user->group_name_count;
    }
    return who;
}

static void
on_complaint(void *arg, const struct diag *diag)
{
    char text[sizeof(*diag)];

    (void)arg;
    policy_diag_format(diag, text, sizeof(text));
    log_line(diag->severity == SEVERITY_WARNING ? LOG_LEVEL_DEBUG1
                                                : LOG_LEVEL_ERROR,
             "%s", text);
}

static int
resolve(struct login *l, const struct identity *who)
{
    struct connection *c = l->c;
    int r = policy_resolve(c->policy, who, on_complaint, NULL, &c->settings);

    if (r == 0) {
        log_set_level((enum log_level)c->settings->log_level.value);
    }
    return r;
}

static bool
deny(const struct login *l, const char *why)
{
    log_line(LOG_LEVEL_INFO, "User %.100s from %.100s not allowed because %s",
             l->name, l->c->peer.host, why);
    return false;
}

/* Without PAM the shadow file speaks; PAM's account phase does else. */
static bool
shadow_allows(const struct login *l)
{
    switch (shadow_state(l->user)) {
    case SHADOW_LOCKED:
        log_line(LOG_LEVEL_INFO,
                 "User %.100s not allowed because account is locked", l->name);
        return false;
    case SHADOW_EXPIRED:
        log_line(LOG_LEVEL_INFO, "Account %.100s has expired", l->name);
        return false;
    case SHADOW_OK:
    case SHADOW_PASSWORD_EXPIRED:
        break;
    }
    return true;
}

static bool
shell_allows(const struct login *l)
{
    const char *problem = user_shell_problem(l->user);

    if (problem == NULL) {
        return true;
    }
    log_line(LOG_LEVEL_INFO, "User %.100s not allowed because shell %.100s %s",
             l->name, l->user->shell, problem);
    return false;
}

/* sshd's fixed order; the first failure decides and is logged. */
static bool
may_log_in(const struct login *l, const struct identity *who)
{
    struct origin from = {0};
    enum access access = ACCESS_DENIED;

    if (geteuid() != 0 && l->user->uid != geteuid()) {
        return deny(l, "this server runs as another user, without root");
    }
    if (!l->uses_pam && !shadow_allows(l)) {
        return false;
    }
    if (!shell_allows(l)) {
        return false;
    }
    access = access_check(l->c->settings, who, &from);
    return access == ACCESS_OK || deny(l, access_words(access));
}

static bool
check(struct login *l, const struct identity *who)
{
    if (l->user == NULL) {
        log_line(LOG_LEVEL_INFO, "Invalid user %.100s from %s port %u", l->name,
                 l->c->peer.ip, l->c->peer.port);
        return false;
    }
    return may_log_in(l, who) && strcmp(l->service, "ssh-connection") == 0;
}

static int
give_up(struct login *l, int why, const char *what)
{
    log_line(LOG_LEVEL_ERROR, "%s: %s", what, strerror(-why));
    connection_disconnect(l->c, DISCONNECT_BY_APPLICATION,
                          "the server has an internal error");
    return why;
}

/* sshd says no more than this, and nothing to the client. */
static int
refuse(struct login *l)
{
    log_line(LOG_LEVEL_INFO,
             "administratively prohibited connection for %s%.100s from %.128s "
             "port %u",
             l->valid ? "" : "invalid user ", l->name, l->c->peer.ip,
             l->c->peer.port);
    l->c->outcome.is_refused = true;
    l->c->has_said_end = true;
    connection_end(l->c);
    return -ECONNREFUSED;
}

int
login_begin(struct login *l, const struct auth_request *r)
{
    struct identity who = {0};
    int e = 0;

    take_names(l, r);
    e = user_find(l->name, &l->user);
    if (e < 0 && e != -ENOENT) {
        return give_up(l, e, "looking up the user");
    }
    who = identity_of(l);
    e = resolve(l, &who);
    if (e < 0) {
        return give_up(l, e, "evaluating Match for the user");
    }
    l->uses_pam = l->c->settings->use_pam.value != 0 && geteuid() == 0;
    l->valid = check(l, &who);
    l->c->outcome.is_invalid = !l->valid;
    if (l->c->settings->refuse_connection.value != 0) {
        return refuse(l);
    }
    if (l->uses_pam) {
        e = login_pam_start(l);
    }
    return e < 0 ? give_up(l, e, "starting PAM") : 0;
}
