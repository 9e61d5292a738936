/* What a monitor reads before it looks at its client. */
#include "server/monitor/startup.h"

#include <errno.h>

#include "server/base/services.h"
#include "server/base/spawn.h"
#include "server/limits.h"
#include "server/log/log.h"

/* The daemon has reported all of it already. */
static void
on_known_complaint(void *arg, const struct diag *diag)
{
    char text[sizeof(*diag)];

    (void)arg;
    policy_diag_format(diag, text, sizeof(text));
    log_line(LOG_LEVEL_DEBUG1, "%s", text);
}

static void
on_bad_key(void *arg, const struct bundle_host_key *key, const struct diag *why)
{
    (void)arg;
    log_line(LOG_LEVEL_DEBUG1, "Unable to load host key \"%s\": %s", key->path,
             why->text);
}

int
startup_load(struct connection *c, int bundle)
{
    int r = bundle_read(bundle, &c->bundle);

    if (r < 0) {
        return r;
    }
    c->facts = (struct facts){
        .service = services_port,
        .version = POLICY_MATCH_VERSION,
        .home = c->bundle.home,
        .directory = c->bundle.directory,
    };
    r = policy_parse(&c->bundle.sources, &c->facts, on_known_complaint, NULL,
                     &c->policy);
    if (r < 0) {
        return r;
    }
    r = spawn_raise_files(policy_highest_forwards(c->policy)->value +
                          LIMIT_SPARE_FILES + 2 * LIMIT_STOCK);
    if (r < 0) {
        return r;
    }
    c->settings = policy_global(c->policy);
    log_open("portcullisd",
             c->bundle.log_to_stderr ? LOG_TO_STDERR : LOG_TO_SYSLOG,
             c->settings->syslog_facility.value,
             (enum log_level)c->settings->log_level.value);
    r = host_keys_load(&c->bundle, on_bad_key, NULL, &c->keys) > 0 ? 0
                                                                   : -ENOKEY;
    bundle_wipe_keys(&c->bundle);
    return r;
}
