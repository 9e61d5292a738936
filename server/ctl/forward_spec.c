/* What a forward asks for, on a command line and in files. */
#include "server/ctl/forward_spec.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "policy/number.h"

static const struct {
    const char *word;
    enum request_kind kind;
} kinds[] = {
    {"open", REQUEST_OPEN},
    {"listen", REQUEST_LISTEN},
    {"open-path", REQUEST_OPEN_PATH},
    {"listen-path", REQUEST_LISTEN_PATH},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int
find_kind(const char *word, enum request_kind *ret)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].word, word) == 0) {
            *ret = kinds[i].kind;
            return 0;
        }
    }
    return -EINVAL;
}

bool
forward_spec_is_kind(const char *word)
{
    enum request_kind kind;

    return find_kind(word, &kind) == 0;
}

const char *
forward_spec_kind(enum request_kind kind)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].kind == kind) {
            return kinds[i].word;
        }
    }
    return "";
}

/* Where host and port of a place are. */
struct place {
    const char *host;
    size_t host_size;
    bool has_host;
    const char *port;
};

static int
divide(const char *where, struct place *ret, struct diag *reterr)
{
    const char *end = strrchr(where, ':');

    if (*where == '[') {
        const char *close = strchr(where, ']');

        if (close == NULL || close[1] != ':') {
            return diag_fail(reterr, -EINVAL, "'%.100s' is no [ADDRESS]:PORT",
                             where);
        }
        *ret = (struct place){where + 1, (size_t)(close - where - 1), true,
                              close + 2};
        return 0;
    }
    if (end == NULL) {
        *ret = (struct place){.port = where};
        return 0;
    }
    if (memchr(where, ':', (size_t)(end - where)) != NULL) {
        return diag_fail(reterr, -EINVAL,
                         "'%.100s': an IPv6 address needs brackets", where);
    }
    *ret = (struct place){where, (size_t)(end - where), true, end + 1};
    return 0;
}

static int
read_port(const char *text, service_port_fn *service, uint32_t *ret,
          struct diag *reterr)
{
    const char *end = text;
    uint64_t port = number_digits(&end, UINT32_MAX);

    if (end != text && *end == '\0' && port <= UINT32_MAX) {
        *ret = (uint32_t)port;
        return 0;
    }
    *ret = service != NULL && *text != '\0' ? service(NULL, text) : 0;
    return *ret != 0
               ? 0
               : diag_fail(reterr, -EINVAL,
                           "'%.100s' is neither a port nor a service", text);
}

static bool
is_any(const struct place *p)
{
    return p->host_size == 0 || (p->host_size == 1 && *p->host == '*');
}

static int
read_host(struct arena *arena, const struct place *p, struct request *req,
          struct diag *reterr)
{
    if (req->kind == REQUEST_OPEN && (!p->has_host || p->host_size == 0)) {
        return diag_fail(reterr, -EINVAL,
                         "open needs HOST:PORT, and there is no host");
    }
    if (!p->has_host) {
        req->host = "localhost";
    } else if (req->kind == REQUEST_LISTEN && is_any(p)) {
        req->host = "";
    } else {
        req->host = arena_text(arena, p->host, p->host_size);
    }
    return req->host == NULL ? -ENOMEM : 0;
}

static int
read_place(struct arena *arena, const char *where, service_port_fn *service,
           struct request *req, struct diag *reterr)
{
    struct place place = {0};
    int r = divide(where, &place, reterr);

    if (r == 0) {
        r = read_host(arena, &place, req, reterr);
    }
    return r == 0 ? read_port(place.port, service, &req->port, reterr) : r;
}

int
forward_spec_parse(struct arena *arena, const char *kind, const char *where,
                   service_port_fn *service, struct request *ret,
                   struct diag *reterr)
{
    struct request req = {.wants_reply = true};
    int r = 0;

    if (find_kind(kind, &req.kind) < 0) {
        return diag_fail(reterr, -EINVAL,
                         "'%.100s' is none of open, listen, open-path and "
                         "listen-path",
                         kind);
    }
    if (req.kind == REQUEST_OPEN || req.kind == REQUEST_LISTEN) {
        r = read_place(arena, where, service, &req, reterr);
    } else {
        req.path = arena_text(arena, where, strlen(where));
        r = req.path == NULL ? -ENOMEM : 0;
    }
    if (r == 0) {
        *ret = req;
    }
    return r;
}

void
forward_spec_format(const struct request *req, struct printout *out)
{
    const char *kind = forward_spec_kind(req->kind);

    if (req->kind == REQUEST_OPEN_PATH || req->kind == REQUEST_LISTEN_PATH) {
        printout_add(out, "%s %s", kind, req->path);
    } else if (*req->host == '\0') {
        printout_add(out, "%s *:%" PRIu32, kind, req->port);
    } else if (strchr(req->host, ':') != NULL || *req->host == '[') {
        printout_add(out, "%s [%s]:%" PRIu32, kind, req->host, req->port);
    } else {
        printout_add(out, "%s %s:%" PRIu32, kind, req->host, req->port);
    }
}
