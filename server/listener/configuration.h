#ifndef SERVER_LISTENER_CONFIGURATION_H
#define SERVER_LISTENER_CONFIGURATION_H

#include <stdbool.h>

#include "policy/policy.h"
#include "server/config/config_files.h"
#include "server/ipc/bundle.h"
#include "server/listener/say.h"

/* Where a configuration comes from.  Texts are borrowed until it is freed. */
struct configuration_origin {
    const char *file;      /* "none": no file */
    const char *directory; /* absolute: where relative names are */
    const char *home;      /* of the running user, or NULL */
    const char *const *overrides;
    size_t override_count;
    bool log_to_stderr;     /* for the monitors */
    bool without_host_keys; /* -G: do not even look at them */
};

/*
 * A configuration that was read, checked and sealed.  It changes no more: a
 * reload makes a new one.
 */
struct configuration {
    struct config_files files;
    struct sources sources;
    struct facts facts; /* the policy borrows these */
    struct policy *policy;
    const struct settings *settings; /* the global ones; of the policy */
    int bundle; /* what each monitor is given; -1 without host keys */
};

/* sshd's sentence, in our name. */
#define CONFIGURATION_NO_HOST_KEYS                                             \
    "portcullisd: no hostkeys available -- exiting."

/*
 * Read and check everything but what the host keys' bytes mean: that takes
 * libcrypto (host_key_check.h).  A key file that is missing or open to others
 * is left out.
 *
 * ret_status  set on failure only: the exit status that sshd would end with.
 * Returns 0 or -errno; all words have gone to say.
 */
int configuration_load(const struct configuration_origin *origin,
                       const struct say *to, struct configuration **ret,
                       int *ret_status);
void configuration_free(struct configuration *c); /* NULL is fine */

#endif
