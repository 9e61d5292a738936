/* An explanation for programs: docs/man/portcullisctl.1 lists the names. */
#include <inttypes.h>

#include "server/ctl/candidates.h"
#include "server/ctl/explain.h"
#include "server/ctl/forward_spec.h"
#include "server/ctl/shown.h"

static void
add_address(struct printout *out, const struct address *a)
{
    char text[ADDRESS_TEXT_MAX];

    address_format(a, text);
    printout_add(out, "\"%s\"", text);
}

static void
add_answer(struct printout *out, const struct answer *a)
{
    printout_add(out, "{\"verdict\":\"%s\",\"reason\":\"%s\",",
                 shown_verdict(a->verdict), a->reason);
    shown_rule_json(out, &a->from);
    printout_add(out, ",\"detail\":");
    shown_json(out, a->detail);
    printout_add(out, ",\"address\":");
    if (a->has_address) {
        add_address(out, &a->address);
    } else {
        printout_add(out, "null");
    }
}

static void
add_who(struct printout *out, const struct explanation *e)
{
    static const char *const sources[] = {
        [GROUPS_UNKNOWN] = "unknown",
        [GROUPS_GIVEN] = "given",
        [GROUPS_SYSTEM] = "system",
    };
    const struct identity *who = e->question.who;

    printout_add(out, ",\"user\":");
    shown_json(out, who->user);
    printout_add(out, ",\"from\":");
    add_address(out, &who->address);
    printout_add(out, ",\"groups\":[");
    for (size_t i = 0; i < who->group_count; i++) {
        printout_add(out, "%s", i == 0 ? "" : ",");
        shown_json(out, who->groups[i]);
    }
    printout_add(out, "],\"groups_from\":\"%s\"", sources[e->groups_from]);
}

static void
add_request(struct printout *out, const struct request *req)
{
    printout_add(out, ",\"request\":{\"kind\":\"%s\",",
                 forward_spec_kind(req->kind));
    if (req->path != NULL) {
        printout_add(out, "\"path\":");
        shown_json(out, req->path);
    } else {
        printout_add(out, "\"host\":");
        shown_json(out, req->host);
        printout_add(out, ",\"port\":%" PRIu32, req->port);
    }
    printout_add(out, "}");
}

static void
add_addresses(struct printout *out, const struct explanation *e)
{
    const struct question *q = &e->question;

    printout_add(out, ",\"addresses\":[");
    for (size_t i = 0; i < q->address_count; i++) {
        struct decision d =
            decide_address(e->settings, q->request, &q->addresses[i]);

        printout_add(out, "%s{\"address\":", i == 0 ? "" : ",");
        add_address(out, &q->addresses[i]);
        printout_add(out, ",\"verdict\":\"%s\",\"reason\":\"%s\",",
                     shown_verdict(d.verdict), reason_name(d.reason));
        shown_rule_json(out, &d.from);
        printout_add(out, "}");
    }
    printout_add(out, "]");
}

struct array {
    struct printout *out;
    bool has_element;
};

static void
add_candidate(void *arg, bool denied, const char *text,
              const struct origin *from)
{
    struct array *array = arg;

    printout_add(array->out, "%s{\"verdict\":\"%s\",\"entry\":",
                 array->has_element ? "," : "", denied ? "deny" : "allow");
    shown_json(array->out, text);
    printout_add(array->out, ",");
    shown_rule_json(array->out, from);
    printout_add(array->out, "}");
    array->has_element = true;
}

static void
add_candidates(struct printout *out, const struct explanation *e)
{
    struct array array = {.out = out};

    printout_add(out, ",\"candidates\":[");
    if (candidates_matter(e->settings, &e->question, &e->answer)) {
        candidates_each(e->settings, e->question.request, add_candidate,
                        &array);
    }
    printout_add(out, "]");
}

void
explain_json(struct printout *out, struct explanation *e)
{
    add_answer(out, &e->answer);
    add_who(out, e);
    add_request(out, e->question.request);
    add_addresses(out, e);
    add_candidates(out, e);
    printout_add(out, ",\"lacks_local_port\":%s",
                 e->lacks_local_port ? "true" : "false");
    printout_add(out, ",\"walk\":[%s]}\n",
                 e->walk.out.text != NULL ? e->walk.out.text : "");
}
