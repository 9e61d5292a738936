#ifndef SERVER_AUTH_KEY_OPTIONS_H
#define SERVER_AUTH_KEY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "policy/arena.h"
#include "policy/decide.h"
#include "policy/diag.h"
#include "policy/endpoint.h"
#include "server/auth/key_line.h"

#define KEY_PERMITS_MAX 4096     /* of permitopen and permitlisten each */
#define KEY_ENVIRONMENT_MAX 1024 /* of environment */

/* What the options of a line say.  Texts and lists live in the arena. */
struct key_options {
    struct key_limits limits;
    bool cert_authority;
    bool has_command;
    bool has_principals;
    bool expires;
    time_t expiry;    /* the last second at which the line counts */
    const char *from; /* NULL: from anywhere */
};

/* What the options need besides their text. */
struct key_options_context {
    struct arena *arena;
    service_port_fn *service; /* may be NULL */
    void *service_arg;
    struct origin from; /* the line; copied into what it grants */
};

/*
 * Read the comma list in front of a key.  Options that we have no use for are
 * checked all the same, because a line that sshd would refuse must not count
 * here.  options.text NULL is a line without options: everything is allowed.
 *
 * ret set only on success.  Returns 0; -EINVAL with words; -ENOMEM.
 */
int key_options_parse(struct key_text options,
                      const struct key_options_context *context,
                      struct key_options *ret, struct diag *reterr);

#endif
