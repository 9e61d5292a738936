/* Entries of the lists that sshd does not have. */
#include "policy/grant.h"

#include <errno.h>
#include <string.h>

#include "policy/pattern.h"
#include "policy/spelling.h"

#define SHOWN 100 /* bytes of an entry in a message */

/* The two halves of an entry; host may be empty, port NULL. */
struct halves {
    const char *host;
    size_t size;
    const char *port;
    bool brackets;
};

static int
split(const char *text, struct halves *ret, struct diag *reterr)
{
    struct halves h = {.host = text, .brackets = *text == '['};
    const char *end = NULL;

    if (h.brackets) {
        h.host = text + 1;
        end = strchr(text, ']');
        h.size = end != NULL ? (size_t)(end - h.host) : 0;
        end = end != NULL ? end + 1 : NULL;
    } else {
        end = text + strcspn(text, ":");
        h.size = (size_t)(end - text);
    }
    if (end == NULL || (*end != ':' && *end != '\0')) {
        return diag_fail(reterr, -EINVAL, "\"%.*s\" is not [address]:port",
                         SHOWN, text);
    }
    h.port = *end == ':' ? end + 1 : NULL;
    if (h.port != NULL && strchr(h.port, ':') != NULL) {
        return diag_fail(reterr, -EINVAL,
                         "\"%.*s\": write an IPv6 address in brackets", SHOWN,
                         text);
    }
    *ret = h;
    return 0;
}

static int
read_ports(const char *text, service_port_fn *service, void *arg,
           struct port_range *ret, struct diag *reterr)
{
    uint16_t port = 0;

    if (strcmp(text, "*") == 0) {
        *ret = PORT_RANGE_ALL;
        return 0;
    }
    if (port_range_parse(text, ret)) {
        return 0;
    }
    if (service != NULL && *text != '\0' && (*text < '0' || *text > '9')) {
        port = service(arg, text);
    }
    if (port == 0) {
        return diag_fail(reterr, -EINVAL,
                         "\"%.*s\" is neither a port nor a range of ports",
                         SHOWN, text);
    }
    *ret = (struct port_range){port, port};
    return 0;
}

/* "10.*", "192.168.?.1", "2001:db8:*": a pattern of an address. */
static bool
is_address_pattern(const char *host)
{
    return host[strspn(host, "0123456789.:*?")] == '\0' &&
           strpbrk(host, "0123456789") != NULL && strpbrk(host, ".:") != NULL;
}

static int
check_name(const char *host, struct diag *reterr)
{
    struct address a;

    if (*host == '\0') {
        return diag_fail(reterr, -EINVAL, "an entry has no host");
    }
    if (spelling_is_address(host, &a) || strpbrk(host, ":%") != NULL) {
        return diag_fail(reterr, -EINVAL,
                         strchr(host, '%') != NULL
                             ? "\"%.*s\": leave out the scope"
                             : "\"%.*s\" is not an address: write it in full",
                         SHOWN, host);
    }
    if (is_address_pattern(host)) {
        return diag_fail(reterr, -EINVAL,
                         "\"%.*s\" is a pattern of an address: write a "
                         "network, such as 10.0.0.0/8",
                         SHOWN, host);
    }
    if (host[strcspn(host, "!,[] \t/\\")] != '\0') {
        return diag_fail(reterr, -EINVAL,
                         "\"%.*s\" is not a name: there is no negation, and "
                         "entries are separated by blanks",
                         SHOWN, host);
    }
    return 0;
}

/* A name or a pattern for names, folded; host is in the arena. */
static int
take_name(char *host, struct grant *g, struct diag *reterr)
{
    size_t size = strlen(host);
    int r = check_name(host, reterr);

    if (r < 0) {
        return r;
    }
    pattern_fold(host, host, size + 1);
    if (size > 1 && host[size - 1] == '.') {
        host[size - 1] = '\0';
    }
    g->name = host;
    g->kind = strpbrk(host, "*?") != NULL ? GRANT_GLOB : GRANT_NAME;
    return 0;
}

/* "*", an address or a network.  *ret_done false: it is none of these. */
static int
take_address(const char *host, size_t size, struct grant *g, bool *ret_done,
             struct diag *reterr)
{
    struct address a;
    int r = 0;

    *ret_done = true;
    if (size == 1 && *host == '*') {
        g->kind = GRANT_ANY;
        return 0;
    }
    if (memchr(host, '/', size) != NULL) {
        r = network_parse(host, size, &g->network, reterr);
        if (r == 0 && g->network.base.scope != 0) {
            r = diag_fail(reterr, -EINVAL, "\"%.*s\": leave out the scope",
                          (int)(size < SHOWN ? size : SHOWN), host);
        }
    } else if (address_parse_sized(host, size, &a) == 0 && a.scope == 0) {
        g->network = network_of(&a);
    } else {
        *ret_done = false;
        return 0;
    }
    g->kind = GRANT_NETWORK;
    network_unmap(&g->network);
    return r;
}

int
grant_parse_open(struct arena *arena, const char *text,
                 service_port_fn *service, void *arg, struct grant *ret,
                 struct diag *reterr)
{
    struct grant g = {.text = text};
    struct halves h = {0};
    bool done = false;
    char *host = NULL;
    int r = split(text, &h, reterr);

    if (r == 0 && h.port == NULL) {
        return diag_fail(reterr, -EINVAL, "\"%.*s\" is not host:port", SHOWN,
                         text);
    }
    if (r == 0) {
        r = read_ports(h.port, service, arg, &g.ports, reterr);
    }
    if (r == 0) {
        r = take_address(h.host, h.size, &g, &done, reterr);
    }
    if (r == 0 && !done) {
        host = arena_text(arena, h.host, h.size);
        r = host == NULL ? -ENOMEM : take_name(host, &g, reterr);
    }
    if (r == 0) {
        *ret = g;
    }
    return r;
}

/* The host of a listener, or of who connects to one. */
static int
take_place(const struct halves *h, struct grant *g, struct diag *reterr)
{
    bool done = false;
    int r = 0;

    if (h->size == 9 && strncmp(h->host, "localhost", 9) == 0) {
        g->kind = GRANT_LOOPBACK;
        return 0;
    }
    r = take_address(h->host, h->size, g, &done, reterr);
    if (r == 0 && !done) {
        return diag_fail(reterr, -EINVAL,
                         "\"%.*s\" is neither an address in full, a network, "
                         "localhost nor *",
                         (int)(h->size < SHOWN ? h->size : SHOWN), h->host);
    }
    return r;
}

int
grant_parse_listen(const char *text, service_port_fn *service, void *arg,
                   struct grant *ret, struct diag *reterr)
{
    struct grant g = {.text = text};
    struct halves h = {0};
    int r = split(text, &h, reterr);

    if (r == 0 && h.port == NULL && !h.brackets) {
        h = (struct halves){.host = "*", .size = 1, .port = text};
    }
    if (r == 0 && h.port == NULL) {
        return diag_fail(reterr, -EINVAL, "\"%.*s\" has no port", SHOWN, text);
    }
    if (r == 0) {
        r = read_ports(h.port, service, arg, &g.ports, reterr);
    }
    if (r == 0) {
        r = take_place(&h, &g, reterr);
    }
    if (r == 0) {
        *ret = g;
    }
    return r;
}

int
grant_parse_source(const char *text, struct grant *ret, struct diag *reterr)
{
    struct grant g = {.text = text, .ports = PORT_RANGE_ALL};
    struct halves h = {.host = text, .size = strlen(text)};
    int r = 0;

    if (*text == '[' && text[h.size - 1] == ']') {
        h.host++;
        h.size -= 2;
    }
    r = take_place(&h, &g, reterr);
    if (r == 0) {
        *ret = g;
    }
    return r;
}

static bool
network_matches(const struct network *n, const struct grant_query *q)
{
    if (q->address == NULL || !network_holds(n, q->address)) {
        return false;
    }
    return !q->bind || !address_is_wildcard(q->address) || n->bits == 0 ||
           n->bits == network_of(q->address).bits;
}

bool
grant_matches_host(const struct grant *g, const struct grant_query *q)
{
    switch (g->kind) {
    case GRANT_NONE:
        return false;
    case GRANT_ANY:
        return true;
    case GRANT_NAME:
        return q->name != NULL && strcmp(g->name, q->name) == 0;
    case GRANT_GLOB:
        return q->name != NULL && pattern_matches(g->name, q->name);
    case GRANT_NETWORK:
        return network_matches(&g->network, q);
    case GRANT_LOOPBACK:
        return q->address != NULL && address_is_loopback(q->address);
    }
    return false;
}

bool
grant_matches(const struct grant *g, const struct grant_query *q)
{
    return port_range_holds(&g->ports, q->port) && grant_matches_host(g, q);
}

bool
grant_touches(const struct grant *g, const struct grant_query *q)
{
    if (!port_range_holds(&g->ports, q->port)) {
        return false;
    }
    if (q->address != NULL && address_is_wildcard(q->address)) {
        return g->kind == GRANT_ANY || g->kind == GRANT_LOOPBACK ||
               (g->kind == GRANT_NETWORK &&
                g->network.base.family == q->address->family);
    }
    return grant_matches_host(g, q);
}

static bool
host_covers(const struct grant *outer, const struct grant *inner)
{
    if (outer->kind == GRANT_ANY || inner->kind == GRANT_NONE) {
        return outer->kind != GRANT_NONE;
    }
    if (outer->kind != inner->kind) {
        return outer->kind == GRANT_GLOB && inner->kind == GRANT_NAME &&
               pattern_matches(outer->name, inner->name);
    }
    if (outer->kind == GRANT_NETWORK) {
        return network_covers(&outer->network, &inner->network);
    }
    return outer->kind == GRANT_LOOPBACK ||
           (outer->name != NULL && strcmp(outer->name, inner->name) == 0);
}

bool
grant_covers(const struct grant *outer, const struct grant *inner)
{
    return outer->ports.first <= inner->ports.first &&
           outer->ports.last >= inner->ports.last && host_covers(outer, inner);
}
