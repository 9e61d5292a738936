/* Where may a remote forward listen, on which ports, and for whom? */
#include <string.h>

#include "policy/decide_parts.h"

static const struct address v4_loopback = {
    .family = ADDRESS_V4,
    .bytes = {127, 0, 0, 1},
};
static const struct address v6_loopback = {
    .family = ADDRESS_V6,
    .bytes = {[15] = 1},
};
static const struct address v4_wildcard = {.family = ADDRESS_V4};
static const struct address v6_wildcard = {.family = ADDRESS_V6};

static void
plan_add(struct bind_plan *plan, const struct settings *s,
         const struct address *address)
{
    if (inquiry_wants_family(s, address)) {
        plan->list[plan->count++] = *address;
    }
}

static struct bind_plan
plan_pair(const struct settings *s, const struct address *v4,
          const struct address *v6)
{
    struct bind_plan plan = {0};

    plan_add(&plan, s, v4);
    plan_add(&plan, s, v6);
    return plan;
}

static struct bind_plan
plan_single(const struct settings *s, const struct address *address)
{
    struct bind_plan plan = {0};

    plan_add(&plan, s, address);
    return plan;
}

static bool
names_any_address(const char *host)
{
    return *host == '\0' || strcmp(host, "*") == 0;
}

/* Nothing but loopback; a client may pick one of the two. */
static struct bind_plan
plan_loopback(const struct settings *s, const char *host)
{
    if (strcmp(host, "127.0.0.1") == 0) {
        return plan_single(s, &v4_loopback);
    }
    if (strcmp(host, "::1") == 0) {
        return plan_single(s, &v6_loopback);
    }
    return plan_pair(s, &v4_loopback, &v6_loopback);
}

/* Every address, whatever was asked for. */
static struct bind_plan
plan_wildcard(const struct settings *s, const char *host)
{
    struct bind_plan plan = plan_pair(s, &v4_wildcard, &v6_wildcard);

    plan.overridden = !names_any_address(host) && strcmp(host, "0.0.0.0") != 0;
    return plan;
}

/* What the client asks for. */
static struct bind_plan
plan_requested(const struct settings *s, const char *host)
{
    struct address address = {0};

    if (names_any_address(host)) {
        return plan_wildcard(s, host);
    }
    if (strcmp(host, "localhost") == 0) {
        return plan_pair(s, &v4_loopback, &v6_loopback);
    }
    if (address_parse(host, &address) == 0) {
        return plan_single(s, &address);
    }
    return (struct bind_plan){.resolve = true};
}

/* Where GatewayPorts leads, whatever the lists say. */
static struct bind_plan
plan_by_gateway(const struct settings *s, const struct request *req)
{
    switch ((enum gateway_ports)s->gateway_ports.value) {
    case GATEWAY_NO:
        return plan_loopback(s, req->host);
    case GATEWAY_YES:
        return plan_wildcard(s, req->host);
    case GATEWAY_CLIENT_SPECIFIED:
        return plan_requested(s, req->host);
    }
    return (struct bind_plan){0};
}

/* Is everything listed by what only looks at the request? */
static struct decision
check_request(const struct inquiry *in, struct decision so_far)
{
    const struct settings *s = in->s;
    const struct endpoint *entry = NULL;

    if (!inquiry_is_restricted(&s->permit_listen, &s->grant_listen)) {
        return so_far;
    }
    entry = inquiry_find_endpoint(in, "PermitListen", &s->permit_listen);
    return entry != NULL
               ? decision_allow(REASON_PERMITTED, entry->from)
               : inquiry_deny_unlisted(&s->permit_listen, &s->grant_listen);
}

static void
fill_ports(const struct settings *s, const struct grant_query *q, bool all,
           struct port_set *ret)
{
    struct grant_query at_port = *q;

    memset(ret, 0, sizeof(*ret));
    if (all) {
        port_set_add(ret, PORT_RANGE_ALL);
    }
    for (size_t i = 0; !all && i < s->grant_listen.count; i++) {
        if (grant_matches_host(&s->grant_listen.list[i], q)) {
            port_set_add(ret, s->grant_listen.list[i].ports);
        }
    }
    for (size_t i = 0; i < s->deny_listen.count; i++) {
        const struct grant *g = &s->deny_listen.list[i];

        at_port.port = g->ports.first;
        if (grant_touches(g, &at_port)) {
            port_set_remove(ret, g->ports);
        }
    }
}

static struct grant_query
query_at(const struct inquiry *in, const struct address *a)
{
    return (struct grant_query){
        .address = a, .port = in->req->port, .bind = true};
}

void
decide_ports(const struct settings *s, const struct request *req,
             const struct address *address, struct port_set *ret)
{
    const struct inquiry in = {.s = s, .req = req};
    struct grant_query q = {.address = address, .bind = true};
    struct decision d = {0};

    memset(ret, 0, sizeof(*ret));
    if (req->kind != REQUEST_LISTEN ||
        inquiry_check_shape(req) != REASON_PERMITTED || req->port != 0 ||
        !inquiry_wants_family(s, address)) {
        return;
    }
    d = check_request(
        &in, decision_allow(REASON_UNRESTRICTED, s->permit_listen.from));
    fill_ports(s, &q, d.verdict == VERDICT_ALLOW, ret);
}

/* DenyListen; a request for port 0 avoids the ports that are in it. */
static const struct grant *
find_denial(const struct inquiry *in, const struct grant_query *q)
{
    const struct grants_setting *set = &in->s->deny_listen;

    if (q->port == 0) {
        return NULL;
    }
    if (q->address != NULL && address_is_wildcard(q->address)) {
        return inquiry_walk_grants(in, "DenyListen", set, grant_touches, q);
    }
    return inquiry_find_grant(in, "DenyListen", set, q);
}

static const struct grant *
find_grant(const struct inquiry *in, const struct grant_query *q)
{
    const struct grants_setting *set = &in->s->grant_listen;

    if (q->port == 0) {
        return inquiry_walk_grants(in, "GrantListen", set, grant_matches_host,
                                   q);
    }
    return inquiry_find_grant(in, "GrantListen", set, q);
}

/* What is granted for port 0 has to leave a port. */
static struct decision
check_ports_left(const struct inquiry *in, const struct address *a,
                 struct decision so_far)
{
    const struct grants_setting *denials = &in->s->deny_listen;
    struct port_set set;

    if (in->req->port != 0 || denials->count == 0) {
        return so_far;
    }
    decide_ports(in->s, in->req, a, &set);
    if (port_set_next(&set, 1) != 0) {
        return so_far;
    }
    trace_step(in->trace, (struct trace_step){TRACE_RULE, true, "DenyListen",
                                              NULL, denials->from});
    return decision_deny(REASON_DENIED, denials->from);
}

static struct decision
check_address(const struct inquiry *in, const struct address *a,
              struct decision so_far)
{
    struct grant_query q = query_at(in, a);
    const struct grant *hit = find_denial(in, &q);
    struct decision d = {0};

    if (hit != NULL) {
        return decision_deny(REASON_DENIED, hit->from);
    }
    d = check_request(in, so_far);
    if (d.verdict == VERDICT_DENY) {
        hit = find_grant(in, &q);
        d = hit != NULL ? decision_allow(REASON_PERMITTED, hit->from) : d;
    }
    return d.verdict == VERDICT_ALLOW ? check_ports_left(in, a, d) : d;
}

struct decision
inquiry_listen_address(const struct inquiry *in, const struct address *a)
{
    struct address plain = *a;

    address_unmap(&plain);
    inquiry_note_address(in, &plain);
    if (!inquiry_wants_family(in->s, &plain)) {
        return decision_deny(REASON_ADDRESS_FAMILY, in->s->address_family.from);
    }
    return check_address(
        in, &plain,
        decision_allow(REASON_UNRESTRICTED, in->s->address_family.from));
}

/* A name to be resolved: its addresses are asked about later. */
static struct decision
check_name(const struct inquiry *in, struct decision so_far)
{
    const struct grants_setting *set = &in->s->grant_listen;
    struct grant_query q = query_at(in, NULL);
    const struct grant *hit = find_denial(in, &q);
    struct decision d = {0};

    if (hit != NULL) {
        return decision_deny(REASON_DENIED, hit->from);
    }
    d = check_request(in, so_far);
    for (size_t i = 0; d.verdict == VERDICT_DENY && i < set->count; i++) {
        if (set->list[i].kind != GRANT_NONE &&
            (q.port == 0 || port_range_holds(&set->list[i].ports, q.port))) {
            d = (struct decision){VERDICT_ASK_ADDRESS, REASON_AWAITS_ADDRESS,
                                  set->from};
        }
    }
    return d;
}

struct decision
inquiry_listen(const struct inquiry *in, struct decision so_far)
{
    struct bind_plan plan = plan_by_gateway(in->s, in->req);
    struct decision first = {0};

    if (plan.resolve || plan.count == 0) {
        return check_name(in, so_far);
    }
    for (unsigned i = 0; i < plan.count; i++) {
        struct decision d = {0};

        inquiry_note_address(in, &plan.list[i]);
        d = check_address(in, &plan.list[i], so_far);
        if (d.verdict == VERDICT_ALLOW) {
            return d;
        }
        first = i == 0 ? d : first;
    }
    return first;
}

struct decision
inquiry_listen_path(const struct inquiry *in, struct decision so_far)
{
    const struct texts_setting *set = &in->s->grant_listen_path;

    return set->count > 0 ? inquiry_granted_path(in, "GrantListenPath", set)
                          : so_far;
}

struct bind_plan
decide_bind(const struct settings *s, const struct request *req)
{
    const struct inquiry in = {.s = s, .req = req};
    struct bind_plan plan = {0};
    unsigned kept = 0;

    if (req->kind != REQUEST_LISTEN ||
        inquiry_check_shape(req) != REASON_PERMITTED) {
        return plan;
    }
    plan = plan_by_gateway(s, req);
    for (unsigned i = 0; i < plan.count; i++) {
        struct decision d = inquiry_listen_address(&in, &plan.list[i]);

        if (d.verdict == VERDICT_ALLOW) {
            plan.list[kept++] = plan.list[i];
        }
    }
    plan.count = kept;
    return plan;
}

struct decision
decide_privileged(const struct settings *s, uint32_t uid, uint32_t port,
                  uint32_t unprivileged_start)
{
    const struct ranges_setting *granted = &s->privileged_ports;

    if (port > UINT16_MAX) {
        return decision_deny(REASON_BAD_PORT, (struct origin){0});
    }
    if (uid == 0 || port == 0 || port >= unprivileged_start) {
        return decision_allow(REASON_UNRESTRICTED, (struct origin){0});
    }
    for (size_t i = 0; i < granted->count; i++) {
        if (port_range_holds(&granted->list[i], port)) {
            return decision_allow(REASON_PERMITTED, granted->from);
        }
    }
    return decision_deny(REASON_PRIVILEGED_PORT, granted->from);
}

struct decision
decide_source(const struct settings *s, const struct address *from)
{
    const struct grants_setting *set = &s->listen_from;
    struct address plain = *from;
    const struct grant_query q = {.address = &plain};
    const struct grant *hit = NULL;

    address_unmap(&plain);
    if (plain.family == ADDRESS_NONE) {
        return decision_deny(REASON_SOURCE_NOT_LISTED, set->from);
    }
    if (set->count == 0) {
        return decision_allow(REASON_UNRESTRICTED, set->from);
    }
    hit = grants_find(set, &q);
    return hit != NULL ? decision_allow(REASON_PERMITTED, hit->from)
                       : decision_deny(REASON_SOURCE_NOT_LISTED, set->from);
}
