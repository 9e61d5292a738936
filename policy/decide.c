/*
 * May this forward be?  Everything that says so is here and in the files
 * beside it, so that it can be read, tested and explained without a
 * connection.
 */
#include "policy/decide.h"

#include <string.h>

#include "policy/decide_parts.h"

const struct key_limits key_limits_none = {.port_forwarding = true};

typedef struct decision lists_fn(const struct inquiry *in,
                                 struct decision so_far);

/* What differs between the kinds of requests. */
struct direction {
    enum forward_kind bit;
    bool is_path;
    const char *key_option;
    const struct endpoints_setting *key; /* NULL: it has no list for this */
    lists_fn *lists;
};

enum reason
inquiry_check_shape(const struct request *req)
{
    if (req->has_nul || req->host == NULL ||
        strlen(req->host) > ENDPOINT_HOST_MAX ||
        strchr(req->host, '\\') != NULL) { /* "\105" is "i" to a resolver */
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

static enum reason
check_path(const struct request *req)
{
    size_t size = req->path == NULL ? 0 : strlen(req->path);

    return req->has_nul || size == 0 || size > REQUEST_PATH_MAX
               ? REASON_BAD_PATH
               : REASON_PERMITTED;
}

bool
inquiry_wants_family(const struct settings *s, const struct address *a)
{
    switch ((enum family_choice)s->address_family.value) {
    case FAMILY_ANY:
        return a->family != ADDRESS_NONE;
    case FAMILY_INET:
        return a->family == ADDRESS_V4;
    case FAMILY_INET6:
        return a->family == ADDRESS_V6;
    }
    return false;
}

/* Write down a switch; true when it refuses. */
static bool
refuses(const struct inquiry *in, const char *keyword, struct origin from,
        bool refused)
{
    trace_step(in->trace,
               (struct trace_step){TRACE_SWITCH, refused, keyword, NULL, from});
    return refused;
}

static struct decision
check_switches(const struct inquiry *in, const struct key_limits *k,
               const struct direction *d)
{
    const struct settings *s = in->s;
    const struct choice_setting *paths = &s->allow_stream_local_forwarding;
    const struct choice_setting *tcp = &s->allow_tcp_forwarding;

    if (refuses(in, "DisableForwarding", s->disable_forwarding.from,
                s->disable_forwarding.value != 0)) {
        return decision_deny(REASON_FORWARDING_DISABLED,
                             s->disable_forwarding.from);
    }
    if (d->is_path && refuses(in, "AllowStreamLocalForwarding", paths->from,
                              (paths->value & (int)d->bit) == 0)) {
        return decision_deny(REASON_PATH_DIRECTION_OFF, paths->from);
    }
    if (refuses(in, "AllowTcpForwarding", tcp->from,
                (tcp->value & (int)d->bit) == 0)) {
        return decision_deny(REASON_DIRECTION_OFF, tcp->from);
    }
    if (refuses(in, "no-port-forwarding", k->from, !k->port_forwarding)) {
        return decision_deny(REASON_KEY_FORWARDING_OFF, k->from);
    }
    return decision_allow(REASON_UNRESTRICTED,
                          d->is_path ? paths->from : tcp->from);
}

/* A list of the key without entries has nothing to say. */
static struct decision
check_key(const struct inquiry *in, const struct direction *d,
          struct decision so_far)
{
    const struct endpoint *hit = NULL;

    if (d->key == NULL || d->key->count == 0) {
        return so_far;
    }
    hit = inquiry_find_endpoint(in, d->key_option, d->key);
    return hit != NULL ? decision_allow(REASON_PERMITTED, hit->from)
                       : decision_deny(REASON_KEY_NOT_PERMITTED, d->key->from);
}

/* The key's list and the configuration's must agree. */
static struct decision
decide_direction(const struct inquiry *in, const struct key_limits *k,
                 const struct direction *d)
{
    enum reason shape =
        d->is_path ? check_path(in->req) : inquiry_check_shape(in->req);
    struct decision so_far = {0};

    if (shape != REASON_PERMITTED) {
        return decision_deny(shape, (struct origin){0});
    }
    so_far = check_switches(in, k, d);
    if (so_far.verdict == VERDICT_ALLOW) {
        so_far = check_key(in, d, so_far);
    }
    return so_far.verdict == VERDICT_ALLOW ? d->lists(in, so_far) : so_far;
}

struct decision
decide_traced(const struct settings *s, const struct key_limits *k,
              const struct request *req, const struct trace *trace)
{
    const struct inquiry in = {s, req, trace};
    const struct direction open = {
        FORWARD_LOCAL, false, "permitopen=", &k->permit_open, inquiry_open,
    };
    const struct direction listen = {
        FORWARD_REMOTE,    false,          "permitlisten=",
        &k->permit_listen, inquiry_listen,
    };
    const struct direction open_path = {
        FORWARD_LOCAL, true, "permitopen=", &k->permit_open, inquiry_open_path,
    };
    const struct direction listen_path = {
        .bit = FORWARD_REMOTE, .is_path = true, .lists = inquiry_listen_path};

    switch (req->kind) {
    case REQUEST_OPEN:
        return decide_direction(&in, k, &open);
    case REQUEST_LISTEN:
        return decide_direction(&in, k, &listen);
    case REQUEST_OPEN_PATH:
        return decide_direction(&in, k, &open_path);
    case REQUEST_LISTEN_PATH:
        return decide_direction(&in, k, &listen_path);
    }
    return decision_deny(REASON_UNKNOWN_REQUEST, (struct origin){0});
}

struct decision
decide(const struct settings *s, const struct key_limits *k,
       const struct request *req)
{
    return decide_traced(s, k, req, NULL);
}

struct decision
decide_address_traced(const struct settings *s, const struct request *req,
                      const struct address *address, const struct trace *trace)
{
    const struct inquiry in = {s, req, trace};
    enum reason shape = REASON_UNKNOWN_REQUEST;

    if (req->kind == REQUEST_OPEN || req->kind == REQUEST_LISTEN) {
        shape = inquiry_check_shape(req);
    }
    if (shape != REASON_PERMITTED) {
        return decision_deny(shape, (struct origin){0});
    }
    return req->kind == REQUEST_OPEN ? inquiry_open_address(&in, address)
                                     : inquiry_listen_address(&in, address);
}

struct decision
decide_address(const struct settings *s, const struct request *req,
               const struct address *address)
{
    return decide_address_traced(s, req, address, NULL);
}

static struct decision
check_ceiling(const struct number_setting *limit, uint64_t present,
              enum reason reason)
{
    return present < limit->value
               ? decision_allow(REASON_UNRESTRICTED, limit->from)
               : decision_deny(reason, limit->from);
}

struct decision
decide_forwards(const struct settings *s, uint64_t present)
{
    return check_ceiling(&s->max_forwards, present, REASON_TOO_MANY_FORWARDS);
}

struct decision
decide_listeners(const struct settings *s, uint64_t present)
{
    return check_ceiling(&s->max_listeners, present, REASON_TOO_MANY_LISTENERS);
}

struct decision
decide_connections(const struct settings *s, uint64_t present)
{
    const struct number_setting *limit = &s->max_connections_per_user;

    return limit->value == 0
               ? decision_allow(REASON_UNRESTRICTED, limit->from)
               : check_ceiling(limit, present, REASON_TOO_MANY_CONNECTIONS);
}
