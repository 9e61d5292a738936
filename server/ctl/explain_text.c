/* An explanation for people. */
#include "server/ctl/candidates.h"
#include "server/ctl/explain.h"
#include "server/ctl/forward_spec.h"
#include "server/ctl/shown.h"

static void
add_request(struct printout *out, const struct request *req)
{
    struct printout words = {0};

    forward_spec_format(req, &words);
    if (words.failed) {
        out->failed = true;
    } else {
        shown_text(out, words.text);
    }
    printout_done(&words);
}

static void
add_address(struct printout *out, const struct address *a)
{
    char text[ADDRESS_TEXT_MAX];

    address_format(a, text);
    printout_add(out, "%s", text);
}

/* "permitted by FILE:3", "login-denied (listed in DenyUsers) by FILE:9". */
static void
add_answer(struct printout *out, const struct answer *a)
{
    printout_add(out, "%s", a->reason);
    if (a->detail != NULL) {
        printout_add(out, " (%s)", a->detail);
    }
    printout_add(out, " by ");
    shown_rule(out, &a->from);
}

static void
add_headline(struct printout *out, const struct explanation *e)
{
    const struct identity *who = e->question.who;

    printout_add(out, "%s: user ", shown_verdict(e->answer.verdict));
    shown_text(out, who->user);
    printout_add(out, " from ");
    add_address(out, &who->address);
    printout_add(out, ", ");
    add_request(out, e->question.request);
    if (e->answer.has_address) {
        printout_add(out, " at ");
        add_address(out, &e->answer.address);
    }
    printout_add(out, ", ");
    add_answer(out, &e->answer);
    printout_add(out, "\n");
}

static void
add_groups(struct printout *out, const struct explanation *e)
{
    static const char *const sources[] = {
        [GROUPS_UNKNOWN] = "there is no such user here; see --group",
        [GROUPS_GIVEN] = "as given",
        [GROUPS_SYSTEM] = "from this machine's database",
    };
    const struct identity *who = e->question.who;

    printout_add(out, "groups:");
    for (size_t i = 0; i < who->group_count; i++) {
        printout_add(out, "%s ", i == 0 ? "" : ",");
        shown_text(out, who->groups[i]);
    }
    printout_add(out, "%s (%s)\n", who->group_count == 0 ? " none" : "",
                 sources[e->groups_from]);
}

static void
add_addresses(struct printout *out, const struct explanation *e)
{
    const struct question *q = &e->question;

    for (size_t i = 0; i < q->address_count; i++) {
        struct decision d =
            decide_address(e->settings, q->request, &q->addresses[i]);

        printout_add(out, "address ");
        add_address(out, &q->addresses[i]);
        printout_add(out, ": %s, %s by ", shown_verdict(d.verdict),
                     reason_name(d.reason));
        shown_rule(out, &d.from);
        printout_add(out, "\n");
    }
}

static void
add_candidate(void *arg, bool denied, const char *text,
              const struct origin *from)
{
    struct printout *out = arg;

    printout_add(out, "%s ", denied ? "  but not to" : "  it passes at");
    shown_text(out, text);
    printout_add(out, " (");
    shown_rule(out, from);
    printout_add(out, ")\n");
}

static void
add_candidates(struct printout *out, const struct explanation *e)
{
    if (candidates_matter(e->settings, &e->question, &e->answer)) {
        printout_add(out, "it depends on what the name resolves to, see "
                          "--address:\n");
        candidates_each(e->settings, e->question.request, add_candidate, out);
    }
}

void
explain_text(struct printout *out, struct explanation *e)
{
    add_headline(out, e);
    add_groups(out, e);
    if (e->lacks_local_port) {
        printout_add(out, "a Match LocalPort does not hold, because "
                          "--local-port was not given\n");
    }
    add_addresses(out, e);
    add_candidates(out, e);
    printout_add(out, "how it was decided:\n%s",
                 e->walk.out.text != NULL ? e->walk.out.text : "");
}
