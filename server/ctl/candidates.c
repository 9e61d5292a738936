#include "server/ctl/candidates.h"

static bool
speaks_of(const struct grant *g, const struct request *req)
{
    bool is_address = g->kind == GRANT_NETWORK || g->kind == GRANT_LOOPBACK;

    return is_address && port_range_holds(&g->ports, req->port);
}

static void
each_of(const struct grants_setting *set, const struct request *req,
        bool denied, candidate_fn *found, void *arg)
{
    for (size_t i = 0; i < set->count; i++) {
        if (speaks_of(&set->list[i], req)) {
            found(arg, denied, set->list[i].text, &set->list[i].from);
        }
    }
}

void
candidates_each(const struct settings *s, const struct request *req,
                candidate_fn *found, void *arg)
{
    if (req->kind == REQUEST_OPEN) {
        each_of(&s->grant_open, req, false, found, arg);
        each_of(&s->deny_open, req, true, found, arg);
    } else if (req->kind == REQUEST_LISTEN) {
        each_of(&s->grant_listen, req, false, found, arg);
        each_of(&s->deny_listen, req, true, found, arg);
    }
}

static void
note_denial(void *arg, bool denied, const char *text, const struct origin *from)
{
    bool *has_denial = arg;

    (void)text;
    (void)from;
    *has_denial = *has_denial || denied;
}

bool
candidates_matter(const struct settings *s, const struct question *q,
                  const struct answer *a)
{
    bool has_denial = false;

    if (a->verdict == VERDICT_ASK_ADDRESS) {
        return true;
    }
    if (a->verdict != VERDICT_ALLOW || a->has_address ||
        q->request->kind != REQUEST_OPEN) {
        return false;
    }
    candidates_each(s, q->request, note_denial, &has_denial);
    return has_denial;
}
