/* "host:port" as PermitOpen and PermitListen write it. */
#include "policy/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/arena.h"
#include "policy/pattern.h"

/* The longest text shown in a message, so that the rest of it still fits. */
#define SHOWN 100

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/*
 * A number as strtonum(3) takes it: leading blanks and a sign are no mistake,
 * because sshd takes them.  False unless the value is 1..65535.
 */
static bool
read_number(const char *p, uint16_t *ret)
{
    unsigned value = 0;

    p += strspn(p, " \t\r\n\v\f");
    p += *p == '+';
    do {
        if (!is_digit(*p)) {
            return false;
        }
        value = value * 10 + (unsigned)(*p++ - '0');
    } while (*p != '\0' && value <= UINT16_MAX);
    if (value == 0 || value > UINT16_MAX) {
        return false;
    }
    *ret = (uint16_t)value;
    return true;
}

static int
read_port(const char *p, service_port_fn *service, void *arg, uint16_t *ret,
          struct diag *reterr)
{
    if (strcmp(p, "*") == 0) {
        *ret = 0;
        return 0;
    }
    if (read_number(p, ret)) {
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
 * Where the host of "host:port" ends: the delimiter, or NULL.  A '/' before
 * the first ':' is reserved, except in brackets.
 */
static const char *
find_colon(const char *text)
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
    return *p == ':' ? p : NULL;
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
    const char *colon = find_colon(text);

    if (colon == NULL) {
        return diag_fail(reterr, -EINVAL, "\"%.*s\" is not host:port", SHOWN,
                         text);
    }
    return parse_parts(arena, text, (size_t)(colon - text), colon + 1, service,
                       arg, ret, reterr);
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

/* ASCII only; false when text does not fit with its NUL. */
static bool
copy_folded(const char *text, char *out, size_t size)
{
    size_t len = strlen(text);

    if (len >= size) {
        return false;
    }
    for (size_t i = 0; i <= len; i++) {
        bool capital = text[i] >= 'A' && text[i] <= 'Z';

        out[i] = capital ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    return true;
}

bool
endpoint_matches_listen(const struct endpoint *e, const char *host,
                        uint16_t port)
{
    char folded[ENDPOINT_HOST_MAX + 1];

    if (e->never || e->host == NULL || (e->port != 0 && e->port != port)) {
        return false;
    }
    return copy_folded(host, folded, sizeof(folded)) &&
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
