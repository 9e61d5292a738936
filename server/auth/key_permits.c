/* permitopen= and permitlisten=, as far as they differ from the keywords. */
#include "server/auth/key_permits.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define HOST_BYTES_MAX 1024 /* with its brackets, as sshd */

/*
 * In a keys file, unlike in the configuration, "host/port" is one more way to
 * write "host:port".  Without any ':' it is permitlisten's bare port, which
 * has no host.  False when the host is too long for sshd.
 */
static bool
settle_delimiter(char *value)
{
    char *p = value;

    if (*p == '[' && strchr(p, ']') != NULL) {
        p = strchr(p, ']') + 1;
    } else {
        p += strcspn(p, ":/");
    }
    if (*p == '/') {
        *p = ':';
    }
    return p - value <= HOST_BYTES_MAX;
}

static int
make_room(struct key_permits *permits, struct arena *arena, struct diag *reterr)
{
    size_t room = permits->room == 0 ? 4 : permits->room * 2;
    struct endpoint *grown = NULL;

    if (permits->count == KEY_PERMITS_MAX) {
        return diag_fail(reterr, -EINVAL, "too many permission directives");
    }
    if (permits->count < permits->room) {
        return 0;
    }
    grown = arena_alloc(arena, room * sizeof(*grown));
    if (grown == NULL) {
        return diag_fail(reterr, -ENOMEM, "out of memory");
    }
    if (permits->count > 0) {
        memcpy(grown, permits->list, permits->count * sizeof(*grown));
    }
    permits->list = grown;
    permits->room = room;
    return 0;
}

int
key_permits_add(struct key_permits *permits, key_permits_parse_fn *parse,
                char *value, const struct key_options_context *context,
                struct diag *reterr)
{
    bool bare = parse == endpoint_parse_listen && strchr(value, ':') == NULL;
    struct endpoint e = {0};
    int r = 0;

    if (!bare && !settle_delimiter(value)) {
        return diag_fail(reterr, -EINVAL, "invalid permission hostname");
    }
    r = parse(context->arena, value, context->service, context->service_arg, &e,
              reterr);
    if (r == 0) {
        r = make_room(permits, context->arena, reterr);
    }
    if (r < 0) {
        return r;
    }
    e.from = context->from;
    permits->list[permits->count++] = e;
    return 0;
}
