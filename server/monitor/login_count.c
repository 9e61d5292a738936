/* A place among the connections of a user, before anything is set up. */
#include "server/monitor/login_count.h"

#include "server/log/log.h"
#include "server/monitor/denial.h"
#include "server/monitor/login.h"

#define RULE_MAX 300

/* Every login is told, so that those without a limit count for the others. */
void
login_count(struct login *l)
{
    struct connection *c = l->c;
    const struct msg_admit m = {
        .uid = l->user->uid,
        .limit = c->settings->max_connections_per_user.value,
    };

    l->state = LOGIN_COUNTING;
    if (c->daemon != NULL) {
        uvlink_send(c->daemon, MSG_ADMIT, &m, -1);
    }
    if (m.limit == 0 || c->daemon == NULL) {
        login_counted(l, m.limit == 0);
    }
}

static void
refuse(struct login *l)
{
    struct connection *c = l->c;
    struct decision d = decide_connections(
        c->settings, c->settings->max_connections_per_user.value);
    char rule[RULE_MAX], told[DENIAL_MAX];

    c->outcome.is_admitted = true; /* the proof was good: no penalty */
    words_rule(&d.from, rule, sizeof(rule));
    log_set_preauth(true);
    log_line(LOG_LEVEL_INFO,
             "Too many connections for user %.100s from %s port %u%s: %s by %s",
             l->name, c->peer.ip, c->peer.port,
             c->daemon == NULL ? " (portcullisd cannot be asked)" : "",
             reason_name(d.reason), rule);
    log_set_preauth(false);
    denial_goodbye(told, c->settings, "Too many connections for user", &d.from);
    connection_disconnect(c, DISCONNECT_TOO_MANY_CONNECTIONS, told);
}

void
login_counted(struct login *l, bool ok)
{
    if (l == NULL || l->state != LOGIN_COUNTING) {
        return;
    }
    if (ok) {
        login_admit(l);
    } else {
        refuse(l);
    }
}
