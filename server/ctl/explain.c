/* portcullisctl explain: may this user forward that, and why? */
#include "server/ctl/explain.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <string.h>

#include "policy/arena.h"
#include "server/base/installation.h"
#include "server/base/services.h"
#include "server/base/unprivileged.h"
#include "server/config/group_names.h"
#include "server/ctl/complain.h"
#include "server/ctl/ctl.h"
#include "server/ctl/forward_spec.h"
#include "server/ctl/loaded.h"
#include "server/ctl/person.h"
#include "server/ctl/shown.h"

static const char usage[] =
    "usage: portcullisctl explain [-f config_file] [--json] --user user\n"
    "                     --from address [--group group] [--host name]\n"
    "                     [--local-address address] [--local-port port]\n"
    "                     [--address address] request\n"
    "request: open host:port | listen [address:]port |\n"
    "         open-path path | listen-path path\n";

/* The order does not matter: facts go by their names. */
static const struct option options[] = {
    {"user", required_argument, NULL, 'p'},
    {"from", required_argument, NULL, 'p'},
    {"group", required_argument, NULL, 'p'},
    {"host", required_argument, NULL, 'p'},
    {"local-address", required_argument, NULL, 'p'},
    {"local-port", required_argument, NULL, 'p'},
    {"address", required_argument, NULL, 'p'},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0},
};

/* The command line. */
struct command {
    const char *file;
    bool json;
    struct person person;
    struct request request;
    struct arena *arena; /* of the request */
};

static int
read_option(struct command *c, int letter, int at, struct diag *reterr)
{
    struct diag detail = {0};

    switch (letter) {
    case 'f':
        c->file = optarg;
        return 0;
    case 'j':
        c->json = true;
        return 0;
    case 'p':
        if (person_set(&c->person, options[at].name, optarg, &detail) == 0) {
            return 0;
        }
        return diag_fail(reterr, -EINVAL, "--%.400s", detail.text);
    default:
        reterr->text[0] = '\0'; /* getopt has said it */
        return -EINVAL;
    }
}

static int
read_request(struct command *c, int argc, char *const argv[],
             struct diag *reterr)
{
    if (argc - optind != 2) {
        return diag_fail(reterr, -EINVAL,
                         argc == optind ? "a request is missing"
                                        : "a request is two words");
    }
    return forward_spec_parse(c->arena, argv[optind], argv[optind + 1],
                              services_port, &c->request, reterr);
}

static int
read_command(struct command *c, int argc, char *argv[], struct diag *reterr)
{
    int at = 0, r = 0;
    int letter = 0;

    optind = 0; /* glibc: begin anew */
    while (r == 0) {
        letter = getopt_long(argc, argv, "f:", options, &at);
        if (letter == -1) {
            break;
        }
        r = read_option(c, letter, at, reterr);
    }
    if (r == 0 && c->person.user == NULL) {
        r = diag_fail(reterr, -EINVAL, "--user is missing");
    }
    if (r == 0 && c->person.from.family == ADDRESS_NONE) {
        r = diag_fail(reterr, -EINVAL, "--from is missing");
    }
    return r == 0 ? read_request(c, argc, argv, reterr) : r;
}

static bool
decide_it(struct loaded *config, struct explanation *e)
{
    struct trace trace = walk_trace(&e->walk);

    if (policy_resolve_traced(config->policy, e->question.who, &trace,
                              complain_of, NULL, &e->settings) < 0) {
        return false;
    }
    e->answer = answer_ask(e->settings, &e->question, &trace);
    e->lacks_local_port = e->question.who->local_port == 0 &&
                          policy_needs_local_port(config->policy);
    return true;
}

static int
status_of(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_ALLOW:
        return CTL_OK;
    case VERDICT_DENY:
        return CTL_DENIED;
    case VERDICT_ASK_ADDRESS:
        return CTL_UNDECIDED;
    }
    return CTL_DENIED;
}

static int
answer(const struct command *c, struct loaded *config, struct explanation *e)
{
    struct printout out = {0};
    int status = CTL_IMPOSSIBLE;
    int r = 0;

    e->walk.json = c->json;
    if (decide_it(config, e)) {
        status = status_of(e->answer.verdict);
        if (c->json) {
            explain_json(&out, e);
        } else {
            explain_text(&out, e);
        }
        out.failed = out.failed || e->walk.out.failed;
        r = shown_print(&out);
    }
    walk_done(&e->walk);
    if (r < 0) {
        complain("cannot print the answer: %s", strerror(-r));
        return CTL_IMPOSSIBLE;
    }
    return status;
}

/* The groups that were given, or else those of this machine. */
static int
find_groups(struct explanation *e, struct identity *who, bool has_account,
            struct group_names *groups)
{
    int r = 0;

    if (who->group_count > 0) {
        e->groups_from = GROUPS_GIVEN;
        return 0;
    }
    e->groups_from = has_account ? GROUPS_SYSTEM : GROUPS_UNKNOWN;
    r = group_names_find(who->user, groups);
    who->groups = (const char *const *)groups->list;
    who->group_count = groups->count;
    return r;
}

/* The account of this machine, if it is one, tells the uid and the groups. */
static int
ask(const struct command *c, struct loaded *config)
{
    const struct passwd *account = getpwnam(c->person.user);
    struct identity who = person_identity(&c->person);
    struct group_names groups = {0};
    struct explanation e = {0};
    int status = CTL_IMPOSSIBLE;
    int r = 0;

    e.question = (struct question){
        .who = &who,
        .request = &c->request,
        .addresses = c->person.addresses,
        .address_count = c->person.address_count,
        .uid = account != NULL ? account->pw_uid : answer_uid(c->person.user),
        .unprivileged_start = unprivileged_start(),
    };
    r = find_groups(&e, &who, account != NULL, &groups);
    if (r == 0) {
        status = answer(c, config, &e);
    } else {
        complain("cannot look up the groups of %s: %s", who.user, strerror(-r));
    }
    group_names_done(&groups);
    return status;
}

int
explain_run(int argc, char *argv[])
{
    struct command c = {
        .file = INSTALLATION_CONFIGURATION,
        .arena = arena_new(),
    };
    struct loaded config = {0};
    struct diag diag = {0};
    int status = CTL_IMPOSSIBLE;

    person_init(&c.person);
    if (c.arena == NULL) {
        complain("%s", strerror(ENOMEM));
    } else if (read_command(&c, argc, argv, &diag) < 0) {
        status = complain_usage(&diag, usage, CTL_USAGE);
    } else if (loaded_read(c.file, &config) == 0) {
        status = ask(&c, &config);
    }
    loaded_done(&config);
    arena_free(c.arena);
    return status;
}
