/* Who and what a configuration speaks of. */
#include "server/ctl/census.h"

#include <stdio.h>
#include <string.h>

#include "policy/parser.h"
#include "server/ctl/examples.h"

static void
take_criterion(struct census *c, const struct criterion *criterion)
{
    char port[8];

    switch (criterion->kind) {
    case CRITERION_USER:
        examples_of_list(&c->users, criterion->list);
        return;
    case CRITERION_GROUP:
        examples_of_list(&c->groups, criterion->list);
        return;
    case CRITERION_HOST:
        examples_of_addresses(&c->addresses, &c->hosts, criterion->list);
        return;
    case CRITERION_ADDRESS:
        examples_of_addresses(&c->addresses, NULL, criterion->list);
        return;
    case CRITERION_LOCAL_ADDRESS:
        examples_of_addresses(&c->local_addresses, NULL, criterion->list);
        return;
    case CRITERION_LOCAL_PORT:
        snprintf(port, sizeof(port), "%u", criterion->port);
        name_set_add(&c->local_ports, port);
        return;
    case CRITERION_NEVER:
    case CRITERION_ALL:
    case CRITERION_VERSION:
    case CRITERION_INVALID_USER:
    case CRITERION_RDOMAIN:
        return;
    }
}

/* "alice", "alice@10.0.0.0/8,*.example.org". */
static void
take_users(struct census *c, const struct texts_setting *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->list[i].text;
        const char *at = strrchr(text, '@');
        char user[256];

        if (at == NULL) {
            examples_of_pattern(&c->users, text);
            continue;
        }
        snprintf(user, sizeof(user), "%.*s",
                 (int)(at - text < 255 ? at - text : 255), text);
        examples_of_pattern(&c->users, user);
        examples_of_addresses(&c->addresses, &c->hosts, at + 1);
    }
}

static void
take_groups(struct census *c, const struct texts_setting *list)
{
    for (size_t i = 0; i < list->count; i++) {
        examples_of_pattern(&c->groups, list->list[i].text);
    }
}

static void
take_endpoints(struct name_set *hosts, struct name_set *ports,
               struct name_set *paths, const struct endpoints_setting *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct endpoint *e = &set->list[i];

        if (e->never) {
            continue;
        }
        if (paths != NULL && e->host[0] == '/') {
            name_set_add(paths, e->host);
        } else {
            examples_of_pattern(hosts, e->host);
        }
        if (e->port != 0) {
            examples_of_ports(ports, (struct port_range){e->port, e->port});
        }
    }
}

static void
take_grants(struct name_set *hosts, struct name_set *ports,
            const struct grants_setting *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *g = &set->list[i];

        switch (g->kind) {
        case GRANT_NONE:
            continue;
        case GRANT_NAME:
        case GRANT_GLOB:
            examples_of_pattern(hosts, g->name);
            break;
        case GRANT_NETWORK:
            examples_of_network(hosts, &g->network);
            break;
        case GRANT_LOOPBACK:
            name_set_add(hosts, "127.0.0.1");
            name_set_add(hosts, "::1");
            break;
        case GRANT_ANY:
            break;
        }
        if (ports != NULL) {
            examples_of_ports(ports, g->ports);
        }
    }
}

static void
take_paths(struct name_set *paths, const struct texts_setting *set)
{
    for (size_t i = 0; i < set->count; i++) {
        examples_of_pattern(paths, set->list[i].text);
    }
}

static void
take_settings(struct census *c, const struct settings *s)
{
    take_users(c, &s->allow_users);
    take_users(c, &s->deny_users);
    take_groups(c, &s->allow_groups);
    take_groups(c, &s->deny_groups);
    take_endpoints(&c->open_hosts, &c->open_ports, &c->open_paths,
                   &s->permit_open);
    take_endpoints(&c->listen_hosts, &c->listen_ports, NULL, &s->permit_listen);
    take_grants(&c->open_hosts, &c->open_ports, &s->grant_open);
    take_grants(&c->open_hosts, &c->open_ports, &s->deny_open);
    take_grants(&c->listen_hosts, &c->listen_ports, &s->grant_listen);
    take_grants(&c->listen_hosts, &c->listen_ports, &s->deny_listen);
    take_grants(&c->sources, NULL, &s->listen_from);
    take_paths(&c->open_paths, &s->grant_open_path);
    take_paths(&c->listen_paths, &s->grant_listen_path);
    for (size_t i = 0; i < s->privileged_ports.count; i++) {
        examples_of_ports(&c->listen_ports, s->privileged_ports.list[i]);
    }
}

void
census_take(struct census *c, const struct policy *policy)
{
    for (const struct block *b = policy->blocks; b != NULL; b = b->next) {
        for (size_t i = 0; i < b->condition.count; i++) {
            take_criterion(c, &b->condition.list[i]);
        }
    }
    take_settings(c, &policy->global);
    for (const struct statement *st = policy->statements; st != NULL;
         st = st->next) {
        struct settings alone = {0};

        memcpy(keyword_field(st->kw, &alone), st->value, st->kw->type->size);
        take_settings(c, &alone);
    }
}

static struct name_set *
set_of(struct census *c, size_t i)
{
    struct name_set *const sets[] = {
        &c->users,           &c->groups,       &c->addresses,  &c->hosts,
        &c->local_addresses, &c->local_ports,  &c->open_hosts, &c->open_ports,
        &c->listen_hosts,    &c->listen_ports, &c->open_paths, &c->listen_paths,
        &c->sources,
    };

    return i < sizeof(sets) / sizeof(sets[0]) ? sets[i] : NULL;
}

bool
census_failed(const struct census *c)
{
    struct census copy = *c;

    for (size_t i = 0; set_of(&copy, i) != NULL; i++) {
        if (set_of(&copy, i)->failed) {
            return true;
        }
    }
    return false;
}

void
census_done(struct census *c)
{
    for (size_t i = 0; set_of(c, i) != NULL; i++) {
        name_set_done(set_of(c, i));
    }
}
