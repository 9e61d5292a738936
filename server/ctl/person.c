/* The facts about a client that Match asks for, by name. */
#include "server/ctl/person.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/number.h"

typedef int fact_fn(struct person *p, const char *name, const char *value,
                    struct diag *reterr);

struct fact {
    const char *name;
    fact_fn *set;
};

static int
twice(const char *name, struct diag *reterr)
{
    return diag_fail(reterr, -EINVAL, "%s: it is given twice", name);
}

static int
too_many(const char *name, struct diag *reterr)
{
    return diag_fail(reterr, -EINVAL, "%s: too many of them", name);
}

static int
read_address(const char *name, const char *value, struct address *to,
             struct diag *reterr)
{
    if (to->family != ADDRESS_NONE) {
        return twice(name, reterr);
    }
    if (address_parse(value, to) < 0) {
        return diag_fail(reterr, -EINVAL, "%s: '%.100s' is no address", name,
                         value);
    }
    return 0;
}

static int
set_user(struct person *p, const char *name, const char *value,
         struct diag *reterr)
{
    if (p->user != NULL) {
        return twice(name, reterr);
    }
    p->user = value;
    return 0;
}

static int
set_host(struct person *p, const char *name, const char *value,
         struct diag *reterr)
{
    if (p->host != NULL) {
        return twice(name, reterr);
    }
    p->host = value;
    return 0;
}

static int
set_from(struct person *p, const char *name, const char *value,
         struct diag *reterr)
{
    int r = read_address(name, value, &p->from, reterr);

    if (r == 0) {
        address_format(&p->from, p->from_text);
    }
    return r;
}

static int
add_group(struct person *p, const char *name, const char *value,
          struct diag *reterr)
{
    if (p->group_count == PERSON_GROUP_MAX) {
        return too_many(name, reterr);
    }
    p->groups[p->group_count++] = value;
    return 0;
}

/* As a resolver gives it: a wildcard stays one. */
static int
add_address(struct person *p, const char *name, const char *value,
            struct diag *reterr)
{
    struct address a = {0};
    int r = read_address(name, value, &a, reterr);

    if (r == 0 && p->address_count == PERSON_ADDRESS_MAX) {
        r = too_many(name, reterr);
    }
    if (r == 0) {
        p->addresses[p->address_count++] = a;
    }
    return r;
}

static int
set_local_address(struct person *p, const char *name, const char *value,
                  struct diag *reterr)
{
    return read_address(name, value, &p->local_address, reterr);
}

static int
set_local_port(struct person *p, const char *name, const char *value,
               struct diag *reterr)
{
    uint64_t port = 0;

    if (p->local_port != 0) {
        return twice(name, reterr);
    }
    if (number_read(value, UINT16_MAX, &port) < 0 || port == 0) {
        return diag_fail(reterr, -EINVAL, "%s: '%.100s' is no port", name,
                         value);
    }
    p->local_port = (uint16_t)port;
    return 0;
}

static const struct fact facts[] = {
    {"user", set_user},
    {"from", set_from},
    {"group", add_group},
    {"host", set_host},
    {"local-address", set_local_address},
    {"local-port", set_local_port},
    {"address", add_address},
};

static const struct fact *
find(const char *name)
{
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (strcmp(facts[i].name, name) == 0) {
            return &facts[i];
        }
    }
    return NULL;
}

void
person_init(struct person *p)
{
    *p = (struct person){0};
    snprintf(p->from_text, sizeof(p->from_text), "UNKNOWN");
}

bool
person_has(const char *name)
{
    return find(name) != NULL;
}

int
person_set(struct person *p, const char *name, const char *value,
           struct diag *reterr)
{
    const struct fact *fact = find(name);

    if (fact == NULL) {
        return diag_fail(reterr, -EINVAL, "%.100s: not known", name);
    }
    if (*value == '\0') {
        return diag_fail(reterr, -EINVAL, "%s: it is empty", name);
    }
    return fact->set(p, name, value, reterr);
}

struct identity
person_identity(const struct person *p)
{
    return (struct identity){
        .user = p->user != NULL ? p->user : PERSON_UNNAMED,
        .groups = p->groups,
        .group_count = p->group_count,
        .host = p->host != NULL ? p->host : p->from_text,
        .address = p->from,
        .local_address = p->local_address,
        .local_port = p->local_port,
        .test = true,
    };
}
