/* A configuration from its birth to its end, and its complaints in words. */
#include "policy/policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/keyword.h"
#include "policy/parser.h"

typedef int keyword_fn(const struct keyword *kw, void *arg);

/* Call visit for each keyword that has a field, up to the first error. */
static int
each_field(keyword_fn *visit, void *arg)
{
    int r = 0;

    for (size_t g = 0; g < KEYWORD_GROUPS; g++) {
        const struct keyword_group *group = keyword_groups[g];

        for (size_t i = 0; r == 0 && i < group->count; i++) {
            if (group->list[i].type != NULL) {
                r = visit(&group->list[i], arg);
            }
        }
    }
    return r;
}

static int
fill_default(const struct keyword *kw, void *arg)
{
    struct policy *policy = arg;
    struct value_context ctx = {
        .arena = policy->arena,
        .facts = policy->facts,
        .from = {.file = origin_default, .line = 0},
    };
    void *field = keyword_field(kw, &policy->global);
    struct diag diag = {0};

    if (keyword_is_set(field)) {
        return 0;
    }
    return keyword_default(kw, &ctx, field, &diag);
}

/* No ListenAddress at all: every address, each Port. */
static void
fill_listen_address(struct settings *s)
{
    static const struct listen_item everywhere[] = {
        {.from = {.file = origin_default, .line = 0}},
    };

    if (s->listen_address.count == 0) {
        s->listen_address.list = everywhere;
        s->listen_address.count = 1;
    }
}

/* Lists that are as they are globally have an index already. */
static int
seal(struct policy *policy, struct settings *s)
{
    struct grants_setting *const sets[] = {
        &s->grant_open,  &s->deny_open,   &s->grant_listen,
        &s->deny_listen, &s->listen_from,
    };
    int r = 0;

    if (s->permit_open.index == NULL) {
        r = endpoints_seal(policy->arena, &s->permit_open);
    }
    for (size_t i = 0; r == 0 && i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (sets[i]->index == NULL) {
            r = grants_seal(policy->arena, sets[i]);
        }
    }
    return r;
}

int
policy_parse(const struct sources *sources, const struct facts *facts,
             policy_report_fn *report, void *arg, struct policy **ret)
{
    struct arena *arena = arena_new();
    struct policy *policy = NULL;
    int r = -ENOMEM;

    if (arena != NULL) {
        policy = arena_alloc(arena, sizeof(*policy));
    }
    if (policy != NULL) {
        policy->arena = arena;
        policy->facts = facts;
        r = parser_run(policy, sources, report, arg);
    }
    if (r == 0) {
        r = each_field(fill_default, policy);
        fill_listen_address(&policy->global);
    }
    if (r == 0) {
        r = seal(policy, &policy->global);
    }
    if (r < 0) {
        arena_free(arena);
        return r;
    }
    *ret = policy;
    return 0;
}

void
policy_free(struct policy *policy)
{
    if (policy != NULL) {
        arena_free(policy->arena);
    }
}

const struct settings *
policy_global(const struct policy *policy)
{
    return &policy->global;
}

/* The first of these that sets a field, or NULL. */
static const struct statement *
first_setting(const struct statement *list, size_t field)
{
    while (list != NULL && list->kw->field != field) {
        list = list->next;
    }
    return list;
}

const struct number_setting *
policy_highest_forwards(const struct policy *policy)
{
    const struct number_setting *highest = &policy->global.max_forwards;
    const size_t field = offsetof(struct settings, max_forwards);

    for (const struct statement *st = first_setting(policy->statements, field);
         st != NULL; st = first_setting(st->next, field)) {
        const struct number_setting *set = st->value;

        highest = set->value > highest->value ? set : highest;
    }
    return highest;
}

const struct window_setting *
policy_highest_windows(const struct policy *policy)
{
    const struct window_setting *highest = &policy->global.max_forward_window;
    const size_t field = offsetof(struct settings, max_forward_window);

    for (const struct statement *st = first_setting(policy->statements, field);
         st != NULL; st = first_setting(st->next, field)) {
        const struct window_setting *set = st->value;

        highest = set->total > highest->total ? set : highest;
    }
    return highest;
}

bool
policy_needs_local_port(const struct policy *policy)
{
    for (const struct block *b = policy->blocks; b != NULL; b = b->next) {
        if ((b->parent == NULL || b->parent->active) &&
            match_needs_local_port(&b->condition)) {
            return true;
        }
    }
    return false;
}

bool
policy_is_default(const struct origin *from)
{
    return from->file == NULL || from->file == origin_default;
}

/* Parents stand before their children in the list. */
int
policy_match_traced(struct policy *policy, const struct identity *who,
                    const struct trace *trace, struct diag *reterr)
{
    for (struct block *b = policy->blocks; b != NULL; b = b->next) {
        int r = 0;

        b->active = false;
        if (b->parent == NULL || b->parent->active) {
            r = match_evaluate_traced(&b->condition, who, trace, b->from,
                                      &b->active, reterr);
        }
        if (r < 0) {
            return r;
        }
        trace_step(trace, (struct trace_step){TRACE_BLOCK, b->active, "Match",
                                              NULL, b->from});
    }
    return 0;
}

/* Did pass 1 apply it?  (Match all; sshd -T shows it without -C.) */
static bool
is_global(const struct block *block)
{
    while (block != NULL && match_always(&block->condition)) {
        block = block->parent;
    }
    return block == NULL;
}

static int
apply_blocks(const struct policy *policy, struct settings *s,
             struct diag *reterr)
{
    for (const struct statement *st = policy->statements; st != NULL;
         st = st->next) {
        int r = 0;

        bool gathered = st->kw->rule == RULE_GATHER && is_global(st->block);

        if (st->block->active && !gathered) {
            r = keyword_apply(st->kw, policy->arena, keyword_field(st->kw, s),
                              st->value, reterr);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

struct overlay {
    struct policy *policy;
    struct settings *settings;
    struct diag *reterr;
};

static int
inherit(const struct keyword *kw, void *arg)
{
    struct overlay *o = arg;

    return keyword_inherit(kw, o->policy->arena, keyword_field(kw, o->settings),
                           keyword_value(kw, &o->policy->global), o->reterr);
}

int
policy_resolve(struct policy *policy, const struct identity *who,
               policy_report_fn *report, void *arg, const struct settings **ret)
{
    return policy_resolve_traced(policy, who, NULL, report, arg, ret);
}

int
policy_resolve_traced(struct policy *policy, const struct identity *who,
                      const struct trace *trace, policy_report_fn *report,
                      void *arg, const struct settings **ret)
{
    struct diag diag = {0};
    struct settings *s = arena_alloc(policy->arena, sizeof(*s));
    struct overlay overlay = {policy, s, &diag};
    int r = -ENOMEM;

    if (s != NULL) {
        r = policy_match_traced(policy, who, trace, &diag);
    }
    if (r == 0) {
        r = apply_blocks(policy, s, &diag);
    }
    if (r == 0) {
        r = each_field(inherit, &overlay);
    }
    if (r == 0) {
        r = seal(policy, s);
    }
    if (r == -EINVAL) {
        report(arg, &diag);
    }
    if (r == 0) {
        *ret = s;
    }
    return r;
}

static bool
begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

int
policy_diag_format(const struct diag *diag, char *out, size_t size)
{
    if (diag->file[0] == '\0') {
        return snprintf(out, size, "%s", diag->text);
    }
    if (diag->line == 0 && begins_with(diag->text, "terminating, ")) {
        return snprintf(out, size, "%s: %s", diag->file, diag->text);
    }
    if (begins_with(diag->text, "Bad configuration option: ")) {
        return snprintf(out, size, "%s: line %u: %s", diag->file, diag->line,
                        diag->text);
    }
    return snprintf(out, size, "%s line %u: %s", diag->file, diag->line,
                    diag->text);
}
