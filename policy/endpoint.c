/* "host:port" as PermitOpen and PermitListen write it. */
#include "policy/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/arena.h"
#include "policy/number.h"
#include "policy/pattern.h"

/* The longest text shown in a message, so that the rest of it still fits. */
#define SHOWN 100

static int
read_port(const char *p, service_port_fn *service, void *arg, uint16_t *ret,
          struct diag *reterr)
{
    uint64_t number = 0;

    if (strcmp(p, "*") == 0) {
        *ret = 0;
        return 0;
    }
    if (number_read(p, UINT16_MAX, &number) == 0 && number != 0) {
        *ret = (uint16_t)number;
        return 0;
    }
    if (service != NULL && *p != '\0') {
        *ret = service(arg, p);
        if (*ret != 0) {
            return 0;
        }
    }
    return diag_fail(reterr, -EINVAL, "bad port number \"%.*s\"", SHOWN, p);
}

/*
 * Where the host of "host:port" ends: at the ':', at the end of the text, or
 * nowhere (NULL).  A '/' before the first ':' is reserved, except in brackets.
 */
static const char *
find_host_end(const char *text)
{
    const char *p = text;

    if (*p == '[') {
        p = strchr(p, ']');
        if (p == NULL) {
            return NULL;
        }
        p++;
    } else {
        p += strcspn(p, ":/");
    }
    return *p == ':' || *p == '\0' ? p : NULL;
}

static int
parse_host(struct arena *arena, const char *p, size_t size, const char **ret)
{
    if (size >= 2 && p[0] == '[' && p[size - 1] == ']') {
        p++;
        size -= 2;
    }
    *ret = arena_text(arena, p, size);
    return *ret == NULL ? -ENOMEM : 0;
}

/* The port first: what fails must leave nothing in the arena. */
static int
parse_parts(struct arena *arena, const char *host, size_t size,
            const char *port, service_port_fn *service, void *arg,
            struct endpoint *ret, struct diag *reterr)
{
    struct endpoint e = {0};
    int r = read_port(port, service, arg, &e.port, reterr);

    if (r < 0) {
        return r;
    }
    r = parse_host(arena, host, size, &e.host);
    if (r < 0) {
        return diag_fail(reterr, r, "out of memory");
    }
    *ret = e;
    return 0;
}

int
endpoint_parse_open(struct arena *arena, const char *text,
                    service_port_fn *service, void *arg, struct endpoint *ret,
                    struct diag *reterr)
{
    const char *end = find_host_end(text);

    if (end == NULL) {
        return diag_fail(reterr, -EINVAL, "missing host in \"%.*s\"", SHOWN,
                         text);
    }
    if (*end == '\0') {
        return diag_fail(reterr, -EINVAL,
                         "bad port number: \"%.*s\" is not host:port", SHOWN,
                         text);
    }
    return parse_parts(arena, text, (size_t)(end - text), end + 1, service, arg,
                       ret, reterr);
}

int
endpoint_parse_listen(struct arena *arena, const char *text,
                      service_port_fn *service, void *arg, struct endpoint *ret,
                      struct diag *reterr)
{
    if (strchr(text, ':') == NULL) {
        return parse_parts(arena, "*", 1, text, service, arg, ret, reterr);
    }
    return endpoint_parse_open(arena, text, service, arg, ret, reterr);
}

bool
endpoint_matches_open(const struct endpoint *e, const char *host, uint16_t port)
{
    if (e->never || e->host == NULL || (e->port != 0 && e->port != port)) {
        return false;
    }
    return strcmp(e->host, "*") == 0 || strcmp(e->host, host) == 0;
}

bool
endpoint_matches_path(const struct endpoint *e, const char *path)
{
    return e->port == 0 && endpoint_matches_open(e, path, 0);
}

bool
endpoint_matches_listen(const struct endpoint *e, const char *host,
                        uint16_t port)
{
    char folded[ENDPOINT_HOST_MAX + 1];

    if (e->never || e->host == NULL || (e->port != 0 && e->port != port)) {
        return false;
    }
    return pattern_fold(host, folded, sizeof(folded)) &&
           pattern_matches(e->host, folded);
}

int
endpoint_format(const struct endpoint *e, char *out, unsigned long size)
{
    const char *host = e->host == NULL ? "" : e->host;
    bool brackets = strpbrk(host, ":/") != NULL || host[0] == '[';
    char port[8] = "*";

    if (e->never) {
        return snprintf(out, size, "none");
    }
    if (e->port != 0) {
        snprintf(port, sizeof(port), "%u", (unsigned)e->port);
    }
    return snprintf(out, size, brackets ? "[%s]:%s" : "%s:%s", host, port);
}
