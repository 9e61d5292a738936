/*
 * What do two configurations decide differently?  Everybody whom either names
 * is sorted by the Match blocks that hold for them, so that everything need
 * be asked once for each sort only.
 */
#include "server/ctl/compare.h"

#include <errno.h>
#include <string.h>

#include "server/ctl/complain.h"

/* One of the people, while they are being sorted. */
struct candidate {
    const struct people_one *one;
    const struct identity *who;
    uint32_t uid;
};

static void
note_block(void *arg, const struct trace_step *step)
{
    if (step->kind == TRACE_BLOCK) {
        printout_add(arg, "%c", step->matched ? '1' : '0');
    }
}

/* The first bound is told. */
static void
hit(struct comparison *c, const char *what)
{
    if (c->bound == NULL) {
        c->bound = what;
    }
}

/* Which blocks hold, and whether it is root: then ports are not privileged. */
static int
sort_by_blocks(struct comparison *c, const struct candidate *p, size_t *ret)
{
    struct printout key = {0};
    const struct trace trace = {note_block, &key};
    struct diag diag = {0};
    int r = 0;

    printout_add(&key, "%s", p->uid == 0 ? "r" : "");
    for (int i = 0; r == 0 && i < 2; i++) {
        r = policy_match_traced(c->configs[i]->policy, p->who, &trace, &diag);
    }
    if (r == 0 && !key.failed) {
        *ret = name_set_add(&c->blocks, key.text != NULL ? key.text : "");
    }
    if (key.failed || c->blocks.failed) {
        r = -ENOMEM;
    }
    c->matches += key.size;
    printout_done(&key);
    return r;
}

/* What is in force for those of this sort; found out for the first of them. */
static int
settle(struct comparison *c, const struct candidate *p, size_t sort)
{
    int r = 0;

    for (int i = 0; r == 0 && i < 2; i++) {
        if (c->settings[i][sort] == NULL) {
            r = policy_resolve(c->configs[i]->policy, p->who, complain_of, NULL,
                               &c->settings[i][sort]);
        }
    }
    return r;
}

static void
add_login(struct printout *key, const struct answer *a)
{
    printout_add(key, " %d %s:%u", (int)a->verdict,
                 a->from.file != NULL ? a->from.file : "", a->from.line);
}

/* Is there somebody like this already? */
static int
keep_kind(struct comparison *c, const struct kind *kind)
{
    struct printout key = {0};
    size_t at = 0;
    int r = 0;

    printout_add(&key, "%zu", kind->settings);
    add_login(&key, &kind->login[0]);
    add_login(&key, &kind->login[1]);
    if (!key.failed) {
        at = name_set_add(&c->kind_keys, key.text);
    }
    if (key.failed || c->kind_keys.failed) {
        r = -ENOMEM;
    } else if (at >= COMPARE_KINDS_MAX) {
        hit(c, "kinds of people");
    } else if (at == c->kind_count) {
        c->kinds[c->kind_count++] = *kind;
    }
    printout_done(&key);
    return r;
}

static int
sort_one(void *arg, const struct people_one *one)
{
    struct comparison *c = arg;
    struct person person;
    struct identity who;
    struct candidate p = {.one = one, .who = &who};
    struct kind kind = {.one = *one};
    int r = 0;

    if (c->matches > COMPARE_MATCHES_MAX) {
        hit(c, "Match lines");
        return 0;
    }
    people_person(&c->census, one, &person);
    who = person_identity(&person);
    p.uid = answer_uid(who.user);
    r = sort_by_blocks(c, &p, &kind.settings);
    if (r == 0 && kind.settings >= COMPARE_KINDS_MAX) {
        hit(c, "kinds of people");
        return 0;
    }
    if (r == 0) {
        r = settle(c, &p, kind.settings);
    }
    for (int i = 0; r == 0 && i < 2; i++) {
        kind.login[i] =
            answer_ask_login(c->settings[i][kind.settings], &who, p.uid, NULL);
    }
    return r == 0 ? keep_kind(c, &kind) : r;
}

static struct answer
ask(const struct settings *s, const struct identity *who,
    const struct place *place)
{
    const struct question question = {
        .who = who,
        .request = &place->request,
        .uid = answer_uid(who->user),
        .unprivileged_start = ANSWER_UNPRIVILEGED_START,
    };

    return place->request.kind == 0 ? answer_ask_source(s, &place->source)
                                    : answer_ask(s, &question, NULL);
}

/* A name that waits for its address, where addresses are asked about too. */
static bool
is_for_addresses(const struct answer *a, const struct answer *b)
{
    return a->verdict == VERDICT_ASK_ADDRESS && b->verdict == VERDICT_DENY &&
           strcmp(b->reason, reason_name(REASON_NOT_PERMITTED)) == 0;
}

static bool
differ(const struct answer *old, const struct answer *new)
{
    return old->verdict != new->verdict && !is_for_addresses(old, new) &&
           !is_for_addresses(new, old);
}

static int
compare_places(struct comparison *c, const struct kind *kind)
{
    struct person person;
    struct identity who;
    int r = 0;

    people_person(&c->census, &kind->one, &person);
    who = person_identity(&person);
    for (size_t i = 0; r == 0 && i < c->places.count; i++) {
        const struct place *place = &c->places.list[i];
        struct answer old = {0}, new = {0};

        if (++c->questions > COMPARE_QUESTIONS_MAX) {
            hit(c, "requests for all kinds of people");
            return 0;
        }
        old = ask(c->settings[0][kind->settings], &who, place);
        new = ask(c->settings[1][kind->settings], &who, place);
        if (differ(&old, &new)) {
            r = difference_add(&c->differences, place->text, &old, &new,
                               &kind->one);
        }
    }
    return r;
}

static bool
may_log_in(const struct kind *kind)
{
    return kind->login[0].verdict == VERDICT_ALLOW &&
           kind->login[1].verdict == VERDICT_ALLOW;
}

/* Those who may not log in are not asked about; the same settings once. */
static bool
is_first_with_settings(const struct comparison *c, const struct kind *kind)
{
    for (const struct kind *k = c->kinds; k < kind; k++) {
        if (k->settings == kind->settings && may_log_in(k)) {
            return false;
        }
    }
    return may_log_in(kind);
}

static int
compare_logins(struct comparison *c)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < c->kind_count; i++) {
        const struct kind *kind = &c->kinds[i];

        if (kind->login[0].verdict != kind->login[1].verdict) {
            r = difference_add(&c->differences, "log in", &kind->login[0],
                               &kind->login[1], &kind->one);
        }
    }
    return r;
}

static int
compare_forwards(struct comparison *c)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < c->kind_count; i++) {
        if (is_first_with_settings(c, &c->kinds[i])) {
            r = compare_places(c, &c->kinds[i]);
        }
    }
    return r;
}

int
compare_all(struct comparison *c, struct loaded *old, struct loaded *new)
{
    bool is_cut = false;
    int r = 0;

    c->configs[0] = old;
    c->configs[1] = new;
    places_seed(&c->census);
    name_set_add(&c->census.users, "root");
    census_take(&c->census, old->policy);
    census_take(&c->census, new->policy);
    r = census_failed(&c->census) ? -ENOMEM
                                  : places_make(&c->census, &c->places);
    if (r == 0) {
        r = people_each(&c->census, sort_one, c, &is_cut);
    }
    if (r == 0) {
        r = compare_logins(c);
    }
    if (r == 0) {
        r = compare_forwards(c);
    }
    if (is_cut) {
        hit(c, "people");
    }
    if (c->places.is_cut) {
        hit(c, "requests");
    }
    if (c->differences.is_cut) {
        hit(c, "differences");
    }
    return r;
}

void
compare_done(struct comparison *c)
{
    census_done(&c->census);
    places_done(&c->places);
    name_set_done(&c->blocks);
    name_set_done(&c->kind_keys);
    difference_done(&c->differences);
}
