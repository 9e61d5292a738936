/* What was found to differ: each once, with those whom it concerns. */
#include "server/ctl/difference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/ctl/shown.h"

static void
add_key(struct printout *key, const struct answer *a)
{
    printout_add(key, "\n%d %s %s:%u", (int)a->verdict, a->reason,
                 a->from.file != NULL ? a->from.file : "", a->from.line);
}

static struct difference *
grow(struct differences *d)
{
    size_t room = d->room == 0 ? 64 : 2 * d->room;
    struct difference *list = NULL;

    if (d->count == d->room) {
        list = realloc(d->list, room * sizeof(*list));
        if (list == NULL) {
            return NULL;
        }
        d->list = list;
        d->room = room;
    }
    return &d->list[d->count];
}

static size_t
count_named(const struct difference *d)
{
    return d->people_count < DIFFERENCE_PEOPLE_MAX ? d->people_count
                                                   : DIFFERENCE_PEOPLE_MAX;
}

/* Does all that is said of one hold for the other? */
static bool
covers(const struct people_one *one, const struct people_one *other)
{
    for (size_t i = 0; i < PEOPLE_FACTS; i++) {
        if (one->fact[i] != 0 && one->fact[i] != other->fact[i]) {
            return false;
        }
    }
    return true;
}

/* Those with few facts come first, so that later ones may add nothing. */
static void
add_who(struct difference *to, const struct people_one *who)
{
    for (size_t i = 0; i < count_named(to); i++) {
        if (covers(&to->people[i], who)) {
            return;
        }
    }
    if (to->people_count < DIFFERENCE_PEOPLE_MAX) {
        to->people[to->people_count] = *who;
    }
    to->people_count++;
}

/* at is the place of the key: the next one when it is new. */
static int
add_at(struct differences *d, size_t at, struct difference draft,
       const struct people_one *who)
{
    if (at >= DIFFERENCE_MAX) {
        d->is_cut = true;
        return 0;
    }
    if (at == d->count) {
        struct difference *new = grow(d);

        if (new == NULL) {
            return -ENOMEM;
        }
        *new = draft;
        d->count++;
    }
    add_who(&d->list[at], who);
    return 0;
}

int
difference_add(struct differences *d, const char *request,
               const struct answer *old, const struct answer *new,
               const struct people_one *who)
{
    const struct difference draft = {
        .request = request, .old = *old, .new = *new};
    struct printout key = {0};
    size_t at = 0;

    printout_add(&key, "%s", request);
    add_key(&key, old);
    add_key(&key, new);
    if (!key.failed) {
        at = name_set_add(&d->keys, key.text);
    }
    if (key.failed || d->keys.failed) {
        printout_done(&key);
        return -ENOMEM;
    }
    printout_done(&key);
    return add_at(d, at, draft, who);
}

void
difference_done(struct differences *d)
{
    name_set_done(&d->keys);
    free(d->list);
    *d = (struct differences){0};
}

static void
text_answer(struct printout *out, char mark, const struct answer *a)
{
    printout_add(out, "  %c %s, %s", mark, shown_verdict(a->verdict),
                 a->reason);
    if (a->detail != NULL) {
        printout_add(out, " (%s)", a->detail);
    }
    printout_add(out, " by ");
    shown_rule(out, &a->from);
    printout_add(out, "\n");
}

/* " user alice", "" when no line names it. */
static void
text_fact(struct printout *out, const char *what, const char *value)
{
    if (value != NULL) {
        printout_add(out, " %s ", what);
        shown_text(out, value);
    }
}

/* What is said of somebody: NULL for facts that no line names. */
struct told {
    struct person person;
    const char *from;
    char local_address[ADDRESS_TEXT_MAX];
};

static void
tell(const struct census *c, const struct people_one *one, struct told *ret)
{
    people_person(c, one, &ret->person);
    ret->from = one->fact[PEOPLE_FROM] != 0 ? ret->person.from_text : NULL;
    if (one->fact[PEOPLE_LOCAL_ADDRESS] != 0) {
        address_format(&ret->person.local_address, ret->local_address);
    } else {
        ret->local_address[0] = '\0';
    }
}

static void
text_one(struct printout *out, const struct census *c,
         const struct people_one *one)
{
    struct told t;

    tell(c, one, &t);
    printout_add(out, "    for%s", t.person.user == NULL ? " anybody" : "");
    text_fact(out, "user", t.person.user);
    for (size_t i = 0; i < t.person.group_count; i++) {
        text_fact(out, i == 0 ? "in" : "and", t.person.groups[i]);
    }
    text_fact(out, "from", t.from);
    text_fact(out, "host", t.person.host);
    text_fact(out, "at", t.local_address[0] != '\0' ? t.local_address : NULL);
    if (t.person.local_port != 0) {
        printout_add(out, " port %u", t.person.local_port);
    }
    printout_add(out, "\n");
}

void
difference_text(struct printout *out, const struct differences *d,
                const struct census *c)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct difference *one = &d->list[i];

        shown_text(out, one->request);
        printout_add(out, "\n");
        text_answer(out, '-', &one->old);
        text_answer(out, '+', &one->new);
        for (size_t j = 0; j < count_named(one); j++) {
            text_one(out, c, &one->people[j]);
        }
        if (one->people_count > count_named(one)) {
            printout_add(out, "    and %zu more\n",
                         one->people_count - count_named(one));
        }
    }
}

static void
json_answer(struct printout *out, const char *name, const struct answer *a)
{
    printout_add(out, ",\"%s\":{\"verdict\":\"%s\",\"reason\":\"%s\",", name,
                 shown_verdict(a->verdict), a->reason);
    shown_rule_json(out, &a->from);
    printout_add(out, "}");
}

static void
json_one(struct printout *out, const struct census *c,
         const struct people_one *one)
{
    struct told t;

    tell(c, one, &t);
    printout_add(out, "{\"user\":");
    shown_json(out, t.person.user);
    printout_add(out, ",\"groups\":[");
    for (size_t i = 0; i < t.person.group_count; i++) {
        printout_add(out, "%s", i == 0 ? "" : ",");
        shown_json(out, t.person.groups[i]);
    }
    printout_add(out, "],\"from\":");
    shown_json(out, t.from);
    printout_add(out, ",\"host\":");
    shown_json(out, t.person.host);
    printout_add(out, ",\"local_address\":");
    shown_json(out, t.local_address[0] != '\0' ? t.local_address : NULL);
    printout_add(out, ",\"local_port\":%u}", t.person.local_port);
}

void
difference_json(struct printout *out, const struct differences *d,
                const struct census *c)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct difference *one = &d->list[i];

        printout_add(out, "%s{\"request\":", i == 0 ? "" : ",");
        shown_json(out, one->request);
        json_answer(out, "old", &one->old);
        json_answer(out, "new", &one->new);
        printout_add(out, ",\"people_count\":%zu,\"people\":[",
                     one->people_count);
        for (size_t j = 0; j < count_named(one); j++) {
            printout_add(out, "%s", j == 0 ? "" : ",");
            json_one(out, c, &one->people[j]);
        }
        printout_add(out, "]}");
    }
}
