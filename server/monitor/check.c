/* For "portcullisd -t" and its start: the daemon cannot read keys itself. */
#include "server/monitor/check.h"

#include <stdio.h>
#include <string.h>

#include "server/ipc/bundle.h"
#include "server/monitor/host_keys.h"

static void
say_bad(void *arg, const struct bundle_host_key *key, const struct diag *why)
{
    (void)arg;
    if (key->required) {
        fprintf(stderr, "Unable to load host key \"%s\": %s\n", key->path,
                why->text);
    }
}

int
check_host_keys(int fd)
{
    struct bundle bundle = {0};
    struct host_keys keys = {0};
    size_t count = 0;
    int r = bundle_read(fd, &bundle);

    if (r < 0) {
        fprintf(stderr, "Unable to read the host keys: %s\n", strerror(-r));
        return 1;
    }
    count = host_keys_load(&bundle, say_bad, NULL, &keys);
    bundle_wipe_keys(&bundle);
    host_keys_done(&keys);
    bundle_done(&bundle);
    return count > 0 ? 0 : 1;
}
