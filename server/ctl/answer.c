/*
 * The way of a request through the server, walked without a server.  Each
 * question is policy's own; the order of them is the monitor's, and a test
 * holds the answers against those of a running one.
 */
#include "server/ctl/answer.h"

#include <string.h>

#include "policy/access.h"
#include "policy/spelling.h"

#define UID_NOT_ROOT 1000

uint32_t
answer_uid(const char *user)
{
    return user != NULL && strcmp(user, "root") == 0 ? 0 : UID_NOT_ROOT;
}

static struct answer
answer_of(struct decision d)
{
    return (struct answer){
        .verdict = d.verdict,
        .reason = reason_name(d.reason),
        .from = d.from,
    };
}

static struct answer
login_denied(const char *detail, struct origin from, const struct trace *trace)
{
    trace_step(trace,
               (struct trace_step){TRACE_SWITCH, true, "login", detail, from});
    return (struct answer){
        .reason = "login-denied", .detail = detail, .from = from};
}

struct answer
answer_ask_login(const struct settings *s, const struct identity *who,
                 uint32_t uid, const struct trace *trace)
{
    struct origin from = {0};
    enum access access = access_check(s, who, &from);

    if (access != ACCESS_OK) {
        return login_denied(access_words(access), from, trace);
    }
    if (uid == 0 && s->permit_root_login.value == ROOT_LOGIN_NO) {
        return login_denied("PermitRootLogin is no", s->permit_root_login.from,
                            trace);
    }
    return (struct answer){
        .verdict = VERDICT_ALLOW, .reason = "login-allowed", .from = from};
}

/* The addresses that a host is, or was said to resolve to. */
struct addresses {
    const struct address *list;
    size_t count;
    struct address literal;
};

static void
find_addresses(const struct question *q, struct addresses *ret)
{
    ret->list = q->addresses;
    ret->count = q->address_count;
    if (spelling_is_address(q->request->host, &ret->literal)) {
        ret->list = &ret->literal;
        ret->count = 1;
    }
}

/* The first that it may be; of refusals the last counts, as in the monitor. */
static struct decision
vet(const struct settings *s, const struct question *q,
    const struct addresses *at, const struct trace *trace,
    const struct address **ret)
{
    struct decision no = {0};

    *ret = NULL;
    for (size_t i = 0; i < at->count; i++) {
        struct decision d =
            decide_address_traced(s, q->request, &at->list[i], trace);

        if (d.verdict == VERDICT_ALLOW) {
            *ret = &at->list[i];
            return d;
        }
        no = d;
    }
    return no;
}

/* d is what decide() said; the addresses may take it back. */
static struct answer
answer_by_address(const struct settings *s, const struct question *q,
                  struct decision d, const struct addresses *at,
                  const struct trace *trace)
{
    const struct address *found = NULL;
    struct decision by_address = vet(s, q, at, trace, &found);
    struct answer a = {0};

    if (found == NULL) {
        return answer_of(by_address);
    }
    a = answer_of(d.verdict == VERDICT_ALLOW ? d : by_address);
    a.has_address = true;
    a.address = *found;
    return a;
}

static struct answer
ask_open(const struct settings *s, const struct question *q,
         const struct trace *trace)
{
    struct decision d = decide_traced(s, &key_limits_none, q->request, trace);
    struct addresses at;

    if (d.verdict == VERDICT_DENY) {
        return answer_of(d);
    }
    find_addresses(q, &at);
    return at.count == 0 ? answer_of(d)
                         : answer_by_address(s, q, d, &at, trace);
}

/* What a name stands for, where GatewayPorts lets the client choose. */
static struct answer
listen_by_name(const struct settings *s, const struct question *q,
               struct decision d, bool needs_privilege,
               const struct trace *trace)
{
    struct addresses at;

    find_addresses(q, &at);
    if (needs_privilege) {
        return answer_of(
            decision_deny(REASON_PRIVILEGED_PORT, s->privileged_ports.from));
    }
    return at.count == 0 ? answer_of(d)
                         : answer_by_address(s, q, d, &at, trace);
}

/* Port 0: something has to be left of what is granted. */
static bool
has_port(const struct settings *s, const struct question *q,
         const struct address *address)
{
    uint32_t start = q->unprivileged_start;
    struct port_set left;

    if (q->request->port != 0) {
        return true;
    }
    decide_ports(s, q->request, address, &left);
    if (start > 1) {
        port_set_remove(&left, (struct port_range){1, (uint16_t)(start - 1)});
    }
    return port_set_next(&left, 1) != 0;
}

static struct answer
ask_place(const struct settings *s, const struct question *q, struct decision d,
          bool needs_privilege, const struct trace *trace)
{
    struct bind_plan plan = decide_bind(s, q->request);
    struct answer a = answer_of(d);

    if (plan.resolve) {
        a = listen_by_name(s, q, d, needs_privilege, trace);
    } else if (plan.count == 0) {
        return answer_of(
            decision_deny(REASON_ADDRESS_FAMILY, s->address_family.from));
    } else {
        a.has_address = true;
        a.address = plan.list[0];
    }
    if (a.has_address && !has_port(s, q, &a.address)) {
        return answer_of(
            decision_deny(REASON_NOT_PERMITTED, s->grant_listen.from));
    }
    return a;
}

static struct answer
ask_listen(const struct settings *s, const struct question *q,
           const struct trace *trace)
{
    struct decision d = decide_traced(s, &key_limits_none, q->request, trace);
    struct decision privileged = {0};

    if (d.verdict == VERDICT_DENY) {
        return answer_of(d);
    }
    privileged =
        decide_privileged(s, q->uid, q->request->port, q->unprivileged_start);
    if (privileged.verdict != VERDICT_ALLOW) {
        return answer_of(privileged);
    }
    return ask_place(s, q, d, privileged.reason == REASON_PERMITTED, trace);
}

static struct answer
ask_forward(const struct settings *s, const struct question *q,
            const struct trace *trace)
{
    switch (q->request->kind) {
    case REQUEST_OPEN:
        return ask_open(s, q, trace);
    case REQUEST_LISTEN:
        return ask_listen(s, q, trace);
    case REQUEST_OPEN_PATH:
    case REQUEST_LISTEN_PATH:
        break;
    }
    return answer_of(decide_traced(s, &key_limits_none, q->request, trace));
}

/* Is there room for the first one? */
static struct decision
ask_ceiling(const struct settings *s, const struct question *q)
{
    bool opens = q->request->kind == REQUEST_OPEN ||
                 q->request->kind == REQUEST_OPEN_PATH;

    return opens ? decide_forwards(s, 0) : decide_listeners(s, 0);
}

struct answer
answer_ask(const struct settings *s, const struct question *q,
           const struct trace *trace)
{
    struct answer login = answer_ask_login(s, q->who, q->uid, trace);
    struct decision ceiling = ask_ceiling(s, q);

    if (login.verdict != VERDICT_ALLOW) {
        return login;
    }
    if (ceiling.verdict != VERDICT_ALLOW) {
        return answer_of(ceiling);
    }
    return ask_forward(s, q, trace);
}

struct answer
answer_ask_source(const struct settings *s, const struct address *source)
{
    return answer_of(decide_source(s, source));
}
