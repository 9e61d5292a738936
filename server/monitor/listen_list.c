/* A connection's listeners; few, so a list will do. */
#include "server/monitor/listen_list.h"

#include <stdlib.h>
#include <string.h>

#include "server/limits.h"

struct listener *
listen_list_find(const struct connection *c, uint32_t number)
{
    struct listener *l = c->listeners;

    while (l != NULL && l->number != number) {
        l = l->next;
    }
    return l;
}

size_t
listen_list_count(const struct connection *c)
{
    size_t count = 0;

    for (const struct listener *l = c->listeners; l != NULL; l = l->next) {
        count++;
    }
    return count;
}

struct listener *
listen_list_add(struct connection *c, uint32_t id, const char *host)
{
    struct listener **end = &c->listeners;
    struct listener *l = NULL;

    if (listen_list_count(c) > LIMIT_LISTENERS) { /* one more, to refuse it */
        return NULL;
    }
    l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return NULL;
    }
    l->host = strdup(host);
    l->number = connection_number(c);
    if (l->host == NULL || l->number == 0) {
        free(l->host);
        free(l);
        return NULL;
    }
    l->id = id;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = l;
    return l;
}

void
listen_list_remove(struct connection *c, struct listener *l)
{
    struct listener **p = &c->listeners;

    while (*p != l) {
        p = &(*p)->next;
    }
    *p = l->next;
    free(l->ports);
    free(l->host);
    free(l);
}

uint32_t
listen_list_port(const struct listener *l)
{
    return l->port == 0 ? l->bound : l->port;
}
