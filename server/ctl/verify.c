/* portcullisctl test: does a configuration say what its owner expects? */
#include "server/ctl/verify.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "policy/arena.h"
#include "server/base/installation.h"
#include "server/base/services.h"
#include "server/config/file_bytes.h"
#include "server/ctl/answer.h"
#include "server/ctl/complain.h"
#include "server/ctl/ctl.h"
#include "server/ctl/shown.h"

#define EXPECTATION_BYTES_MAX ((size_t)16 << 20)
#define RENEW_EVERY 1000 /* expectations: what they resolved is given back */

static const char usage[] =
    "usage: portcullisctl test [-f config_file] file ...\n";

static int
ask(struct loaded *config, const struct expectation *e, struct answer *ret)
{
    struct identity who = person_identity(&e->person);
    const struct question question = {
        .who = &who,
        .request = &e->request,
        .addresses = e->person.addresses,
        .address_count = e->person.address_count,
        .uid = answer_uid(who.user),
        .unprivileged_start = ANSWER_UNPRIVILEGED_START,
    };
    const struct settings *settings = NULL;
    int r = policy_resolve(config->policy, &who, complain_of, NULL, &settings);

    if (r == 0) {
        *ret = answer_ask(settings, &question, NULL);
    }
    return r;
}

static void
write_failure(const struct expectation *e, const struct answer *a,
              struct printout *out)
{
    shown_rule(out, &e->from);
    printout_add(out, ": ");
    shown_text(out, e->text);
    printout_add(out, "\n    expected %s, got %s: %s by ",
                 e->allow ? "allow" : "deny", shown_verdict(a->verdict),
                 a->reason);
    shown_rule(out, &a->from);
    if (a->detail != NULL) {
        printout_add(out, " (%s)", a->detail);
    }
    if (a->verdict == VERDICT_ASK_ADDRESS) {
        printout_add(out, " (say what it resolves to with address=)");
    }
    printout_add(out, "\n");
}

int
verify_all(struct loaded *config, const struct expectation *list,
           struct printout *out, struct verify_count *count)
{
    size_t asked = 0;
    int r = 0;

    for (const struct expectation *e = list; e != NULL; e = e->next) {
        enum verdict wanted = e->allow ? VERDICT_ALLOW : VERDICT_DENY;
        struct answer a = {0};

        if (++asked % RENEW_EVERY == 0) {
            r = loaded_renew(config);
        }
        if (r == 0) {
            r = ask(config, e, &a);
        }
        if (r < 0) {
            return r;
        }
        if (a.verdict == wanted) {
            count->held++;
        } else {
            count->failed++;
            write_failure(e, &a, out);
        }
    }
    return 0;
}

static int
any_file(void *arg, const struct stat *st)
{
    (void)arg;
    (void)st;
    return 0;
}

static int
verify_bytes(struct loaded *config, const struct source *source,
             struct printout *out, struct verify_count *count)
{
    struct arena *arena = arena_new();
    const struct expectation *list = NULL;
    int r = arena == NULL ? -ENOMEM
                          : expectation_read_all(arena, source, services_port,
                                                 complain_of, NULL, &list);

    if (r == 0) {
        r = verify_all(config, list, out, count);
    }
    arena_free(arena);
    return r;
}

static int
verify_file(struct loaded *config, const char *path, struct printout *out,
            struct verify_count *count)
{
    struct file_bytes bytes = {0};
    int r =
        file_bytes_read(path, EXPECTATION_BYTES_MAX, any_file, NULL, &bytes);
    const struct source source = {path, bytes.data, bytes.size};

    if (r == 0) {
        r = verify_bytes(config, &source, out, count);
    }
    if (r < 0 && r != -EINVAL) {
        complain("%s: %s", path, strerror(-r));
    }
    file_bytes_done(&bytes);
    return r;
}

/* A bad file does not keep the others from being looked at. */
static int
verify_files(struct loaded *config, char *const files[])
{
    struct verify_count count = {0};
    struct printout out = {0};
    int status = CTL_OK;

    for (size_t i = 0; files[i] != NULL; i++) {
        if (verify_file(config, files[i], &out, &count) < 0) {
            status = CTL_IMPOSSIBLE;
        }
    }
    printout_add(&out, "%zu held, %zu failed\n", count.held, count.failed);
    if (shown_print(&out) < 0) {
        return CTL_IMPOSSIBLE;
    }
    if (status == CTL_OK && count.failed > 0) {
        status = CTL_DIFFERENT;
    }
    return status;
}

static int
read_command(int argc, char *argv[], const char **ret_file, struct diag *reterr)
{
    int letter = 0;

    optind = 0; /* glibc: begin anew */
    *ret_file = INSTALLATION_CONFIGURATION;
    while (letter != -1) {
        letter = getopt(argc, argv, "f:");
        if (letter == 'f') {
            *ret_file = optarg;
        } else if (letter != -1) {
            reterr->text[0] = '\0'; /* getopt has said it */
            return -EINVAL;
        }
    }
    return optind < argc ? 0
                         : diag_fail(reterr, -EINVAL,
                                     "a file of expectations is missing");
}

int
verify_run(int argc, char *argv[])
{
    struct loaded config = {0};
    struct diag diag = {0};
    const char *file = NULL;
    int status = CTL_IMPOSSIBLE;

    if (read_command(argc, argv, &file, &diag) < 0) {
        return complain_usage(&diag, usage, CTL_IMPOSSIBLE);
    }
    if (loaded_read(file, &config) == 0) {
        status = verify_files(&config, argv + optind);
    }
    loaded_done(&config);
    return status;
}
