#include "server/listener/configuration.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/fd.h"
#include "server/base/file_limit.h"
#include "server/base/services.h"
#include "server/limits.h"
#include "server/listener/host_key_files.h"

#define STATUS_UNUSABLE 1 /* nothing to read, no host key, bad -o */
#define STATUS_BAD 255    /* the text is wrong */

/* A load in progress. */
struct load {
    const struct configuration_origin *origin;
    const struct say *to;
    int status;
};

/* A soft mistake in -o is like a bad flag to sshd. */
static void
on_complaint(void *arg, const struct diag *diag)
{
    struct load *load = arg;
    char text[sizeof(*diag) + 32];
    bool mild = diag->severity == SEVERITY_WARNING;

    if (diag->severity == SEVERITY_SOFT && diag->line == 0 &&
        strcmp(diag->file, "command-line") == 0) {
        load->status = STATUS_UNUSABLE;
    }
    policy_diag_format(diag, text, sizeof(text));
    say(load->to, mild ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "%s", text);
}

/*
 * A forward takes a descriptor of the session, which has no more than our
 * hard limit.  It is no mistake: opens beyond it are refused.
 */
static void
warn_of_few_files(const struct policy *policy, const struct say *to)
{
    const struct number_setting *most = policy_highest_forwards(policy);
    size_t hard = file_limit_hard();
    size_t wanted = most->value + LIMIT_SPARE_FILES;
    char place[PATH_MAX + 32] = "";

    if (hard >= wanted) {
        return;
    }
    if (!policy_is_default(&most->from)) {
        snprintf(place, sizeof(place), "%s line %u: ", most->from.file,
                 most->from.line);
    }
    say(to, LOG_LEVEL_INFO,
        "%sMaxForwards %" PRIu64 " needs %zu open files and the hard limit is "
        "%zu: what is beyond it is refused",
        place, most->value, wanted, hard);
}

static struct sources
sources_of(const struct config_files *files,
           const struct configuration_origin *origin)
{
    return (struct sources){
        .main = files->main,
        .includes = files->includes,
        .include_count = files->include_count,
        .overrides = origin->overrides,
        .override_count = origin->override_count,
    };
}

static int
load_policy(struct configuration *c, struct load *load)
{
    const struct configuration_origin *origin = load->origin;
    struct diag diag = {0};
    int r =
        config_files_read(origin->file, origin->directory, &c->files, &diag);

    if (r < 0) {
        load->status = r == -EPERM ? STATUS_BAD : STATUS_UNUSABLE;
        say(load->to, LOG_LEVEL_ERROR, "%s", diag.text);
        return r;
    }
    c->facts = (struct facts){
        .service = services_port,
        .version = POLICY_MATCH_VERSION,
        .home = origin->home,
        .directory = origin->directory,
    };
    c->sources = sources_of(&c->files, origin);
    load->status = STATUS_BAD;
    r = policy_parse(&c->sources, &c->facts, on_complaint, load, &c->policy);
    if (r == 0) {
        c->settings = policy_global(c->policy);
        warn_of_few_files(c->policy, load->to);
    }
    return r;
}

static int
seal(struct configuration *c, const struct configuration_origin *origin,
     const struct host_key_files *keys)
{
    const struct bundle bundle = {
        .sources = c->sources,
        .home = origin->home,
        .directory = origin->directory,
        .host_keys = keys->list,
        .host_key_count = keys->count,
        .log_to_stderr = origin->log_to_stderr,
    };
    int fd = bundle_write(&bundle);

    if (fd < 0) {
        return fd;
    }
    c->bundle = fd;
    return 0;
}

static int
load_host_keys(struct configuration *c, struct load *load)
{
    struct host_key_files keys = {0};
    int r = host_key_files_read(&c->settings->host_key, load->to, &keys);

    load->status = STATUS_UNUSABLE;
    if (r == 0 && keys.count == 0) {
        say(load->to, LOG_LEVEL_INFO, CONFIGURATION_NO_HOST_KEYS);
        return -ENOKEY;
    }
    if (r == 0) {
        r = seal(c, load->origin, &keys);
    }
    host_key_files_done(&keys);
    if (r < 0) {
        say(load->to, LOG_LEVEL_ERROR, "cannot keep the configuration: %s",
            strerror(-r));
    }
    return r;
}

int
configuration_load(const struct configuration_origin *origin,
                   const struct say *to, struct configuration **ret,
                   int *ret_status)
{
    struct load load = {origin, to, STATUS_UNUSABLE};
    struct configuration *c = calloc(1, sizeof(*c));
    int r = -ENOMEM;

    if (c != NULL) {
        c->bundle = -1;
        r = load_policy(c, &load);
    }
    if (r == 0 && !origin->without_host_keys) {
        r = load_host_keys(c, &load);
    }
    if (r < 0) {
        *ret_status = load.status;
        configuration_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

void
configuration_free(struct configuration *c)
{
    if (c == NULL) {
        return;
    }
    policy_free(c->policy);
    config_files_done(&c->files);
    fd_close(&c->bundle);
    free(c);
}
