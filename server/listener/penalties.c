#include "server/listener/penalties.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/penalty_parts.h"
#include "server/listener/source.h"

/* sshd's words. */
static const char *const reasons[] = {
    [PENALTY_CRASH] = "penalty: caused crash",
    [PENALTY_AUTHFAIL] = "penalty: failed authentication",
    [PENALTY_NOAUTH] = "penalty: connections without attempting authentication",
    [PENALTY_INVALID_USER] =
        "penalty: attempted authentication by invalid user",
    [PENALTY_GRACE_EXCEEDED] = "penalty: exceeded LoginGraceTime",
    [PENALTY_REFUSED] = "penalty: connection prohibited by RefuseConnection",
};

/* A family's terms at this moment. */
struct terms {
    struct penalty_table *table;
    const struct penalties_setting *set;
    struct address source;
    unsigned bits;
    uint64_t sources_max;
    bool deny_all;
    const char *name;
};

static bool
is_exempt(const struct settings *s, const struct address *client)
{
    const char *list = s->per_source_penalty_exempt_list.value;
    enum list_match match = LIST_NO_MATCH;
    struct diag diag; /* the list was looked at when it was read */

    return list != NULL &&
           address_match_list(list, client, &match, &diag) == 0 &&
           match == LIST_MATCH;
}

/* Forget what is over, and what the settings leave no room for. */
static void
tidy(const struct terms *t, uint64_t now_us)
{
    const struct penalty *first = penalty_table_first(t->table);

    while (first != NULL &&
           (first->expiry_us < now_us || t->table->count > t->sources_max)) {
        penalty_table_drop_first(t->table);
        first = penalty_table_first(t->table);
    }
}

/* False: penalties do not concern this client. */
static bool
come_to_terms(struct penalties *p, const struct settings *s,
              const struct address *client, uint64_t now_us, struct terms *ret)
{
    const struct penalties_setting *set = &s->per_source_penalties;
    const struct net_block_setting *block = &s->per_source_net_block_size;
    bool is_v6 = client->family == ADDRESS_V6;
    struct penalty_family *family = is_v6 ? &p->v6 : &p->v4;

    if (!penalties_are_on(set) || client->family == ADDRESS_NONE ||
        is_exempt(s, client)) {
        return false;
    }
    *ret = (struct terms){
        .table = &family->table,
        .set = set,
        .source = source_of(client, block),
        .bits = source_bits(client, block),
        .sources_max =
            penalty_part(set, is_v6 ? PENALTY_SOURCES6 : PENALTY_SOURCES4),
        .deny_all =
            penalty_part(set, is_v6 ? PENALTY_OVERFLOW6 : PENALTY_OVERFLOW) ==
            PENALTY_OVERFLOW_DENY_ALL,
        .name = is_v6 ? "ipv6" : "ipv4",
    };
    if (family->bits != ret->bits) {
        penalty_table_clear(&family->table);
        family->bits = ret->bits;
    }
    tidy(ret, now_us);
    return true;
}

static bool
is_shut(const struct terms *t)
{
    return t->deny_all && t->table->count >= t->sources_max;
}

void
penalties_reload(struct penalties *p, const struct settings *s)
{
    if (!penalties_are_on(&s->per_source_penalties)) {
        penalty_table_clear(&p->v4.table);
        penalty_table_clear(&p->v6.table);
    }
}

const char *
penalties_forbid(struct penalties *p, const struct settings *s,
                 const struct address *client, uint64_t now_us)
{
    const struct penalty *found = NULL;
    struct terms t;

    if (!come_to_terms(p, s, client, now_us, &t)) {
        return NULL;
    }
    if (is_shut(&t)) {
        return "too many penalised addresses";
    }
    found = penalty_table_find(t.table, &t.source);
    return found != NULL && found->is_active ? reasons[found->why] : NULL;
}

/* sshd names the function in front of these. */
#define SAID_BY "srclimit_penalise: "

#define SPAN_MAX 32

/* "5.000" */
static void
format_span(uint64_t us, char out[SPAN_MAX])
{
    snprintf(out, SPAN_MAX, "%" PRIu64 ".%03" PRIu64, us / 1000000,
             us / 1000 % 1000);
}

static void
add_first(const struct terms *t, enum penalty_part why, uint64_t now_us,
          const char *who, const struct say *to)
{
    uint64_t span = penalty_part(t->set, why);
    bool is_active = span > penalty_part(t->set, PENALTY_MIN);
    struct penalty *added =
        penalty_table_add(t->table, &t->source, now_us + span);
    char text[SPAN_MAX];

    if (added == NULL) {
        say(to, LOG_LEVEL_ERROR, SAID_BY "out of memory");
        return;
    }
    added->is_active = is_active;
    added->why = why;
    format_span(span, text);
    say(to, is_active ? LOG_LEVEL_INFO : LOG_LEVEL_VERBOSE,
        SAID_BY "%s: new %s %s penalty of %s seconds for %s", t->name, who,
        is_active ? "active" : "deferred", text, reasons[why]);
    tidy(t, now_us);
}

static void
add_more(const struct terms *t, struct penalty *known, enum penalty_part why,
         uint64_t now_us, const char *who, const struct say *to)
{
    uint64_t left = known->expiry_us - now_us + penalty_part(t->set, why);
    uint64_t max = penalty_part(t->set, PENALTY_MAX);
    char text[SPAN_MAX];

    left = left > max ? max : left;
    known->why = why;
    if (left > penalty_part(t->set, PENALTY_MIN) && !known->is_active) {
        known->is_active = true;
        format_span(left, text);
        say(to, LOG_LEVEL_INFO,
            SAID_BY "%s: activating %s penalty of %s seconds for %s", who,
            t->name, text, reasons[why]);
    }
    penalty_table_move(t->table, known, now_us + left);
}

void
penalties_add(struct penalties *p, const struct settings *s,
              const struct address *client, enum penalty_part why,
              uint64_t now_us, const struct say *to)
{
    char who[ADDRESS_TEXT_MAX + 8];
    struct penalty *known = NULL;
    struct terms t;
    size_t used = 0;

    if (penalty_part(&s->per_source_penalties, why) == 0 ||
        !come_to_terms(p, s, client, now_us, &t)) {
        return;
    }
    address_format(&t.source, who);
    used = strlen(who);
    snprintf(who + used, sizeof(who) - used, "/%u", t.bits);
    if (is_shut(&t)) {
        say(to, LOG_LEVEL_VERBOSE,
            SAID_BY "%s penalty table full, cannot penalise %s for %s", t.name,
            who, reasons[why]);
        return;
    }
    known = penalty_table_find(t.table, &t.source);
    if (known == NULL) {
        add_first(&t, why, now_us, who, to);
    } else {
        add_more(&t, known, why, now_us, who, to);
    }
}
