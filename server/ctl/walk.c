/* Why it was decided so, step by step. */
#include "server/ctl/walk.h"

#include "server/ctl/shown.h"

static const char *const step_names[] = {
    [TRACE_NONE] = "none",     [TRACE_CRITERION] = "criterion",
    [TRACE_BLOCK] = "match",   [TRACE_SWITCH] = "switch",
    [TRACE_ADDRESS] = "about", [TRACE_RULE] = "rule",
};

static void
add_json(struct walk *w, const struct trace_step *step)
{
    printout_add(&w->out,
                 "%s{\"step\":\"%s\",\"keyword\":", w->has_step ? "," : "",
                 step_names[step->kind]);
    shown_json(&w->out, step->keyword);
    printout_add(&w->out, ",\"text\":");
    shown_json(&w->out, step->text);
    printout_add(&w->out, ",\"matched\":%s,", step->matched ? "true" : "false");
    shown_rule_json(&w->out, &step->from);
    printout_add(&w->out, "}");
}

/* "user alice: yes, group dba: no". */
static void
add_criterion(struct walk *w, const struct trace_step *step)
{
    printout_add(&w->criteria, "%s%s", w->criteria.size > 0 ? ", " : "",
                 step->keyword);
    if (step->text != NULL) {
        printout_add(&w->criteria, " ");
        shown_text(&w->criteria, step->text);
    }
    printout_add(&w->criteria, ": %s", step->matched ? "yes" : "no");
}

/* A block without criteria was not looked at: its includer did not match. */
static void
add_block(struct walk *w, const struct trace_step *step)
{
    printout_add(&w->out, "Match %s (%s)\n",
                 step->matched ? "holds" : "does not hold",
                 w->criteria.size > 0 ? w->criteria.text
                                      : "nor does what it is included from");
    printout_clear(&w->criteria);
}

static void
add_subject(struct walk *w, const struct trace_step *step)
{
    printout_add(&w->out, "%s", step->keyword);
    if (step->text != NULL) {
        printout_add(&w->out, " ");
        shown_text(&w->out, step->text);
    }
}

static void
add_text(struct walk *w, const struct trace_step *step)
{
    if (step->kind == TRACE_ADDRESS) {
        printout_add(&w->out, "  for ");
        shown_text(&w->out, step->text);
        printout_add(&w->out, ":\n");
        return;
    }
    printout_add(&w->out, "  ");
    shown_rule(&w->out, &step->from);
    printout_add(&w->out, ": ");
    if (step->kind == TRACE_BLOCK) {
        add_block(w, step);
        return;
    }
    add_subject(w, step);
    if (step->kind == TRACE_SWITCH) {
        printout_add(&w->out, ": %s\n",
                     step->matched ? "refuses" : "does not refuse");
    } else {
        printout_add(&w->out, ": %s\n",
                     step->matched ? "lists it" : "does not list it");
    }
}

static void
on_step(void *arg, const struct trace_step *step)
{
    struct walk *w = arg;

    if (w->json) {
        add_json(w, step);
    } else if (step->kind == TRACE_CRITERION) {
        add_criterion(w, step);
    } else {
        add_text(w, step);
    }
    w->has_step = true;
}

struct trace
walk_trace(struct walk *w)
{
    return (struct trace){.step = on_step, .arg = w};
}

void
walk_done(struct walk *w)
{
    printout_done(&w->out);
    printout_done(&w->criteria);
}
