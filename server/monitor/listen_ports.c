/*
 * The kernel chooses from all its ports, so that here is chosen by trying:
 * from a random port on, because what a client could foretell others could
 * sit on.
 */
#include "server/monitor/listen_ports.h"

#include <stdlib.h>
#include <sys/random.h>

#include "server/base/unprivileged.h"
#include "server/monitor/listen_request.h"

struct listen_ports {
    struct port_set left;
    struct msg_addresses at; /* at least one */
    uint16_t last;           /* the port that is being tried */
    unsigned tries;
};

static uint16_t
random_port(void)
{
    uint16_t port = 0;

    if (getrandom(&port, sizeof(port), GRND_NONBLOCK) != sizeof(port)) {
        return 1;
    }
    return port;
}

static uint16_t
first_unprivileged(void)
{
    uint32_t start = unprivileged_start();

    return start == 0 ? 1 : (uint16_t)start;
}

/* The ports that policy grants at an address to who asks for any. */
static bool
granted_ports(struct connection *c, struct listener *l,
              const struct msg_address *at, struct port_set *ret)
{
    struct request request = listen_request(l, 0);
    uint16_t start = first_unprivileged();
    struct address address = {0};

    if (msg_address_get(at, &address) < 0) {
        return false;
    }
    decide_ports(c->settings, &request, &address, ret);
    if (start > 1) { /* nobody asks for one of these by asking for any */
        port_set_remove(ret, (struct port_range){1, start - 1});
    }
    return true;
}

/* Nothing restricts the port at any of the addresses. */
static bool
any_port_will_do(struct connection *c, struct listener *l,
                 const struct msg_addresses *at, struct port_set *scratch)
{
    for (size_t i = 0; i < at->count; i++) {
        if (!granted_ports(c, l, &at->list[i], scratch) ||
            !port_set_is_all_from(scratch, first_unprivileged())) {
            return false;
        }
    }
    return true;
}

enum listen_ports_answer
listen_ports_find(struct connection *c, struct listener *l,
                  const struct msg_addresses *at)
{
    struct listen_ports *p = NULL;

    if (at->count == 0) {
        return LISTEN_PORTS_NONE;
    }
    p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return LISTEN_PORTS_NONE;
    }
    if (any_port_will_do(c, l, at, &p->left)) {
        free(p);
        return LISTEN_PORTS_ANY;
    }
    if (!granted_ports(c, l, &at->list[0], &p->left)) {
        free(p);
        return LISTEN_PORTS_NONE;
    }
    p->at = *at;
    p->last = random_port();
    l->ports = p;
    return port_set_next(&p->left, 1) == 0 ? LISTEN_PORTS_NONE
                                           : LISTEN_PORTS_SOME;
}

uint16_t
listen_ports_next(struct connection *c, struct listener *l,
                  struct msg_addresses *ret)
{
    struct listen_ports *p = l->ports;
    struct decision why = {0};
    uint16_t port = port_set_next(&p->left, (uint16_t)(p->last + 1));

    if (port == 0 || p->tries >= LIMIT_LISTEN_TRIES) {
        return 0;
    }
    port_set_remove(&p->left, (struct port_range){port, port});
    p->last = port;
    p->tries++;
    listen_request_keep(c, l, port, &p->at, ret, &why);
    if (why.reason == REASON_PERMITTED) {
        l->decision = why;
    }
    return port;
}

bool
listen_ports_has(const struct listener *l, const struct msg_bound *m)
{
    struct address wanted = {0}, got = {0};

    return m->addresses.count > 0 && m->port == l->ports->last &&
           msg_address_get(&l->ports->at.list[0], &wanted) == 0 &&
           msg_address_get(&m->addresses.list[0], &got) == 0 &&
           address_equal(&wanted, &got);
}
