/*
 * May this forward be?  Everything that says so is here, so that it can be
 * read, tested and explained without a connection.
 */
#include "policy/decide.h"

#include <string.h>

const struct key_limits key_limits_none = {.port_forwarding = true};

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

static struct decision
deny(enum reason reason, struct origin from)
{
    return (struct decision){VERDICT_DENY, reason, from};
}

static struct decision
allow(enum reason reason, struct origin from)
{
    return (struct decision){VERDICT_ALLOW, reason, from};
}

typedef bool endpoint_allows_fn(const struct endpoint *e,
                                const struct request *req);

static bool
allows_open(const struct endpoint *e, const struct request *req)
{
    return endpoint_matches_open(e, req->host, (uint16_t)req->port);
}

static bool
allows_open_path(const struct endpoint *e, const struct request *req)
{
    return endpoint_matches_path(e, req->path);
}

static bool
allows_listen(const struct endpoint *e, const struct request *req)
{
    return endpoint_matches_listen(e, req->host, (uint16_t)req->port);
}

/* What differs between the kinds of requests; allows NULL: no lists. */
struct direction {
    enum forward_kind bit;
    bool is_path;
    endpoint_allows_fn *allows;
    const struct endpoints_setting *key, *configured;
};

static const struct endpoint *
find_endpoint(const struct endpoints_setting *set, endpoint_allows_fn *allows,
              const struct request *req)
{
    for (size_t i = 0; i < set->count; i++) {
        if (allows(&set->list[i], req)) {
            return &set->list[i];
        }
    }
    return NULL;
}

static enum reason
check_path(const struct request *req)
{
    size_t size = req->path == NULL ? 0 : strlen(req->path);

    return req->has_nul || size == 0 || size > REQUEST_PATH_MAX
               ? REASON_BAD_PATH
               : REASON_PERMITTED;
}

/* REASON_PERMITTED when nothing is wrong with the request's form. */
static enum reason
check_shape(const struct request *req)
{
    if (req->has_nul || req->host == NULL ||
        strlen(req->host) > ENDPOINT_HOST_MAX) {
        return REASON_BAD_NAME;
    }
    if (req->port > UINT16_MAX) {
        return REASON_BAD_PORT;
    }
    if (req->kind == REQUEST_LISTEN && req->port == 0 && !req->wants_reply) {
        return REASON_NO_REPLY_WANTED;
    }
    return REASON_PERMITTED;
}

static struct decision
check_switches(const struct settings *s, const struct key_limits *k,
               const struct direction *d)
{
    const struct choice_setting *paths = &s->allow_stream_local_forwarding;

    if (s->disable_forwarding.value != 0) {
        return deny(REASON_FORWARDING_DISABLED, s->disable_forwarding.from);
    }
    if (d->is_path && (paths->value & (int)d->bit) == 0) {
        return deny(REASON_PATH_DIRECTION_OFF, paths->from);
    }
    if ((s->allow_tcp_forwarding.value & (int)d->bit) == 0) {
        return deny(REASON_DIRECTION_OFF, s->allow_tcp_forwarding.from);
    }
    if (!k->port_forwarding) {
        return deny(REASON_KEY_FORWARDING_OFF, k->from);
    }
    return allow(REASON_UNRESTRICTED,
                 d->is_path ? paths->from : s->allow_tcp_forwarding.from);
}

/* Both lists must agree; a list without entries has nothing to say. */
static struct decision
check_lists(const struct direction *d, const struct request *req,
            struct decision so_far)
{
    const struct endpoint *hit = NULL;

    if (d->allows == NULL) {
        return so_far;
    }
    if (d->key->count > 0) {
        hit = find_endpoint(d->key, d->allows, req);
        if (hit == NULL) {
            return deny(REASON_KEY_NOT_PERMITTED, d->key->from);
        }
        so_far = allow(REASON_PERMITTED, hit->from);
    }
    if (d->configured->count > 0) {
        hit = find_endpoint(d->configured, d->allows, req);
        if (hit == NULL) {
            return deny(REASON_NOT_PERMITTED, d->configured->from);
        }
        so_far = allow(REASON_PERMITTED, hit->from);
    }
    return so_far;
}

static struct decision
decide_direction(const struct settings *s, const struct key_limits *k,
                 const struct request *req, const struct direction *d)
{
    enum reason shape = d->is_path ? check_path(req) : check_shape(req);
    struct decision switches = {0};

    if (shape != REASON_PERMITTED) {
        return deny(shape, (struct origin){0});
    }
    switches = check_switches(s, k, d);
    if (switches.verdict == VERDICT_DENY) {
        return switches;
    }
    return check_lists(d, req, switches);
}

struct decision
decide(const struct settings *s, const struct key_limits *k,
       const struct request *req)
{
    const struct direction open = {FORWARD_LOCAL, false, allows_open,
                                   &k->permit_open, &s->permit_open};
    const struct direction listen = {FORWARD_REMOTE, false, allows_listen,
                                     &k->permit_listen, &s->permit_listen};
    const struct direction open_path = {FORWARD_LOCAL, true, allows_open_path,
                                        &k->permit_open, &s->permit_open};
    const struct direction listen_path = {.bit = FORWARD_REMOTE,
                                          .is_path = true};

    switch (req->kind) {
    case REQUEST_OPEN:
        return decide_direction(s, k, req, &open);
    case REQUEST_LISTEN:
        return decide_direction(s, k, req, &listen);
    case REQUEST_OPEN_PATH:
        return decide_direction(s, k, req, &open_path);
    case REQUEST_LISTEN_PATH:
        return decide_direction(s, k, req, &listen_path);
    }
    return deny(REASON_UNKNOWN_REQUEST, (struct origin){0});
}

static bool
family_is_wanted(const struct settings *s, const struct address *address)
{
    switch ((enum family_choice)s->address_family.value) {
    case FAMILY_ANY:
        return address->family != ADDRESS_NONE;
    case FAMILY_INET:
        return address->family == ADDRESS_V4;
    case FAMILY_INET6:
        return address->family == ADDRESS_V6;
    }
    return false;
}

struct decision
decide_address(const struct settings *s, const struct request *req,
               const struct address *address)
{
    if (req->kind != REQUEST_OPEN) {
        return deny(REASON_UNKNOWN_REQUEST, (struct origin){0});
    }
    if (!family_is_wanted(s, address)) {
        return deny(REASON_ADDRESS_FAMILY, s->address_family.from);
    }
    return allow(REASON_UNRESTRICTED, s->address_family.from);
}

static void
plan_add(struct bind_plan *plan, const struct settings *s,
         const struct address *address)
{
    if (family_is_wanted(s, address)) {
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

struct bind_plan
decide_bind(const struct settings *s, const struct request *req)
{
    if (req->kind != REQUEST_LISTEN || check_shape(req) != REASON_PERMITTED) {
        return (struct bind_plan){0};
    }
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

struct decision
decide_privileged(uint32_t uid, uint32_t port, uint32_t unprivileged_start)
{
    if (port > UINT16_MAX) {
        return deny(REASON_BAD_PORT, (struct origin){0});
    }
    if (uid != 0 && port != 0 && port < unprivileged_start) {
        return deny(REASON_PRIVILEGED_PORT, (struct origin){0});
    }
    return allow(REASON_UNRESTRICTED, (struct origin){0});
}
