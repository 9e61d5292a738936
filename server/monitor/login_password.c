/* The password method, with PAM or against the shadow file. */
#include <string.h>
#include <unistd.h>

#include "server/log/log.h"
#include "server/monitor/login.h"
#include "server/monitor/pam_link.h"
#include "server/monitor/shadow.h"

static void
on_password(void *arg, const struct msg_pam_result *result)
{
    struct login *l = arg;

    if (l->state == LOGIN_OVER) {
        return;
    }
    l->exhausted = l->exhausted || result->exhausted != 0;
    if (result->ok && !l->is_fake) {
        login_accept(l);
        return;
    }
    login_refuse(l);
}

static void
ask_pam(struct login *l, const char *password)
{
    const struct msg_text m = {.text = password};

    l->state = LOGIN_WORKING;
    pam_link_request(l->c->pam, MSG_PAM_PASSWORD, &m, -1, on_password, l);
}

/* An expired password would have to be changed, which needs a session. */
static void
ask_shadow(struct login *l, const char *password)
{
    bool ok = shadow_password_is(l->valid ? l->user : NULL, password);

    if (!ok || l->is_fake || shadow_state(l->user) == SHADOW_PASSWORD_EXPIRED) {
        login_refuse(l);
        return;
    }
    login_accept(l);
}

static bool
is_on(const struct login *l)
{
    return l->c->settings->password_authentication.value != 0 &&
           !l->exhausted && (l->uses_pam || geteuid() == 0);
}

static bool
is_usable(const struct auth_request *r)
{
    return !r->is_change && r->password.size > 0 &&
           r->password.size <= LIMIT_PASSWORD_BYTES &&
           memchr(r->password.data, '\0', r->password.size) == NULL;
}

void
login_password(struct login *l, const struct auth_request *r)
{
    char password[LIMIT_PASSWORD_BYTES + 1];

    if (!is_on(l) || !is_usable(r)) {
        login_refuse(l);
        return;
    }
    l->c->outcome.is_attempted = true;
    memcpy(password, r->password.data, r->password.size);
    password[r->password.size] = '\0';
    l->is_fake = !login_password_is_welcome(l);
    if (l->is_fake) {
        login_fake(password);
    }
    if (l->uses_pam) {
        ask_pam(l, password);
    } else {
        ask_shadow(l, password);
    }
    explicit_bzero(password, sizeof(password));
}
