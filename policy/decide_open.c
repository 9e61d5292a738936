/*
 * Where may a local forward lead?  First by the name that was asked for, then
 * by each address that it stands for.
 */
#include <string.h>

#include "policy/decide_parts.h"
#include "policy/pattern.h"
#include "policy/spelling.h"

/* Host of a request: a name, or one of the many spellings of an address. */
struct target {
    const char *name; /* NULL: an address */
    struct address address;
    char folded[ENDPOINT_HOST_MAX + 1];
};

/* A host of a shape that inquiry_check_shape() let pass. */
static void
target_init(struct target *t, const char *host)
{
    size_t size = strlen(host);

    t->name = NULL;
    t->address = (struct address){0};
    if (spelling_is_address(host, &t->address)) {
        return;
    }
    pattern_fold(host, t->folded, sizeof(t->folded));
    if (size > 1 && t->folded[size - 1] == '.') {
        t->folded[size - 1] = '\0';
    }
    t->name = t->folded;
}

/* a is NULL when nothing is known but the name. */
static struct grant_query
query(const struct inquiry *in, const struct target *t, const struct address *a)
{
    return (struct grant_query){
        .name = t->name, .address = a, .port = in->req->port};
}

/*
 * DenyOpen, by the name and by the address: as it was resolved, and where
 * connecting to it leads ("0.0.0.0" is in 0.0.0.0/8, and is loopback).
 */
static const struct grant *
find_denial(const struct inquiry *in, const struct target *t,
            const struct address *a)
{
    const struct grants_setting *set = &in->s->deny_open;
    struct grant_query q = query(in, t, a);
    const struct grant *hit = inquiry_find_grant(in, "DenyOpen", set, &q);

    if (hit == NULL && a != NULL && address_is_wildcard(a)) {
        struct address to = address_dialled(a);

        inquiry_note_address(in, &to);
        q.address = &to;
        hit = inquiry_find_grant(in, "DenyOpen", set, &q);
    }
    return hit;
}

static struct decision
check_grants(const struct inquiry *in, const struct target *t,
             const struct address *a, struct decision so_far)
{
    const struct settings *s = in->s;
    const struct grant *denial = find_denial(in, t, a);
    const struct endpoint *entry = NULL;
    const struct grant *grant = NULL;
    struct address to = {0};
    struct grant_query q = query(in, t, NULL);

    if (denial != NULL) {
        return decision_deny(REASON_DENIED, denial->from);
    }
    if (!inquiry_is_restricted(&s->permit_open, &s->grant_open)) {
        return so_far;
    }
    entry = inquiry_find_endpoint(in, "PermitOpen", &s->permit_open);
    if (entry != NULL) {
        return decision_allow(REASON_PERMITTED, entry->from);
    }
    if (a != NULL) {
        to = address_dialled(a);
        q.address = &to;
    }
    grant = inquiry_find_grant(in, "GrantOpen", &s->grant_open, &q);
    return grant != NULL
               ? decision_allow(REASON_PERMITTED, grant->from)
               : inquiry_deny_unlisted(&s->permit_open, &s->grant_open);
}

struct decision
inquiry_open(const struct inquiry *in, struct decision so_far)
{
    const struct settings *s = in->s;
    struct decision d = {0};
    struct target t;

    target_init(&t, in->req->host);
    if (t.name == NULL) {
        inquiry_note_address(in, &t.address);
    }
    d = check_grants(in, &t, t.name == NULL ? &t.address : NULL, so_far);
    if (d.reason == REASON_NOT_PERMITTED && t.name != NULL &&
        grants_may_hold_address(&s->grant_open, in->req->port)) {
        return (struct decision){VERDICT_ASK_ADDRESS, REASON_AWAITS_ADDRESS,
                                 s->grant_open.from};
    }
    return d;
}

struct decision
inquiry_open_address(const struct inquiry *in, const struct address *a)
{
    struct address plain = *a;
    struct target t;

    address_unmap(&plain);
    inquiry_note_address(in, &plain);
    if (!inquiry_wants_family(in->s, &plain)) {
        return decision_deny(REASON_ADDRESS_FAMILY, in->s->address_family.from);
    }
    target_init(&t, in->req->host);
    return check_grants(
        in, &t, &plain,
        decision_allow(REASON_UNRESTRICTED, in->s->address_family.from));
}

/*
 * GrantOpenPath alone where it stands; a GrantOpen restricts sockets as a
 * PermitOpen does, but lists none.
 */
struct decision
inquiry_open_path(const struct inquiry *in, struct decision so_far)
{
    const struct settings *s = in->s;
    const struct endpoint *entry = NULL;

    if (s->grant_open_path.count > 0) {
        return inquiry_granted_path(in, "GrantOpenPath", &s->grant_open_path);
    }
    if (!inquiry_is_restricted(&s->permit_open, &s->grant_open)) {
        return so_far;
    }
    entry = inquiry_find_endpoint(in, "PermitOpen", &s->permit_open);
    return entry != NULL
               ? decision_allow(REASON_PERMITTED, entry->from)
               : inquiry_deny_unlisted(&s->permit_open, &s->grant_open);
}
