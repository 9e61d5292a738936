/* The criteria of Match lines. */
#include "policy/match.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "policy/address.h"
#include "policy/number.h"
#include "policy/pattern.h"

static const struct {
    const char *name;
    enum criterion_kind kind;
} kinds[] = {
    {"user", CRITERION_USER},
    {"group", CRITERION_GROUP},
    {"host", CRITERION_HOST},
    {"address", CRITERION_ADDRESS},
    {"localaddress", CRITERION_LOCAL_ADDRESS},
    {"localport", CRITERION_LOCAL_PORT},
    {"rdomain", CRITERION_RDOMAIN},
    {"version", CRITERION_VERSION},
    {"invalid-user", CRITERION_INVALID_USER},
    {"all", CRITERION_ALL},
};

/* The kind whose name is the first len bytes of text, or NEVER. */
static enum criterion_kind
find_kind(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i].name) == len &&
            strncasecmp(kinds[i].name, text, len) == 0) {
            return kinds[i].kind;
        }
    }
    return CRITERION_NEVER;
}

/* Port 0 is accepted, as in sshd, and matches nobody. */
static int
parse_port(const struct facts *facts, const char *text, uint16_t *ret)
{
    uint64_t port = 0;

    if (number_read(text, UINT16_MAX, &port) == 0) {
        *ret = (uint16_t)port;
        return 0;
    }
    *ret =
        facts->service != NULL ? facts->service(facts->service_arg, text) : 0;
    return *ret == 0 ? -EINVAL : 0;
}

/* What the value of a criterion is checked for, and computed from it. */
static int
finish_criterion(const struct facts *facts, const char *name,
                 struct criterion *c, struct diag *reterr)
{
    const struct address nowhere = {0};
    enum list_match match;
    struct diag detail = {0};

    switch (c->kind) {
    case CRITERION_ADDRESS:
    case CRITERION_LOCAL_ADDRESS:
        if (address_match_list(c->list, &nowhere, &match, &detail) < 0) {
            return diag_fail(reterr, -EINVAL,
                             "Invalid Match %s argument '%.200s'", name,
                             c->list);
        }
        return 0;
    case CRITERION_LOCAL_PORT:
        if (parse_port(facts, c->list, &c->port) < 0) {
            return diag_fail(reterr, -EINVAL,
                             "Invalid LocalPort '%.100s' on Match line",
                             c->list);
        }
        return 0;
    case CRITERION_VERSION:
        c->holds =
            facts->version != NULL &&
            pattern_match_list(c->list, facts->version, false) == LIST_MATCH;
        return 0;
    case CRITERION_NEVER:
    case CRITERION_ALL:
    case CRITERION_INVALID_USER:
    case CRITERION_USER:
    case CRITERION_GROUP:
    case CRITERION_HOST:
    case CRITERION_RDOMAIN:
        return 0;
    }
    return 0;
}

/* "Name=value" or "Name value"; *ret_value NULL when it takes none. */
static int
read_criterion(struct words *words, struct criterion *c, const char **ret_name,
               struct diag *reterr)
{
    const char *word = words_next(words);
    size_t len = strcspn(word, "=");

    c->kind = find_kind(word, len);
    if (c->kind == CRITERION_ALL || c->kind == CRITERION_INVALID_USER) {
        return word[len] == '\0'
                   ? 0
                   : diag_fail(reterr, -EINVAL,
                               "Unsupported Match attribute %.100s", word);
    }
    c->list = word[len] == '=' ? word + len + 1 : words_next(words);
    if (c->list == NULL || *c->list == '\0') {
        return diag_fail(reterr, -EINVAL, "Missing Match criteria for %.*s",
                         (int)(len < 100 ? len : 100), word);
    }
    if (c->kind == CRITERION_NEVER) {
        return diag_fail(reterr, -EINVAL, "Unsupported Match attribute %.*s",
                         (int)(len < 100 ? len : 100), word);
    }
    *ret_name = c->kind == CRITERION_ADDRESS ? "address" : "localaddress";
    return 0;
}

int
match_parse(struct arena *arena, const struct facts *facts, struct words *words,
            struct condition *ret, struct diag *reterr)
{
    struct criterion *list =
        arena_alloc(arena, (words->count + 1) * sizeof(*list));
    bool all = false;
    size_t count = 0;

    if (list == NULL) {
        return -ENOMEM;
    }
    while (words->next < words->count) {
        const char *name = "";
        struct criterion *c = &list[count++];
        int r = read_criterion(words, c, &name, reterr);

        all = all || c->kind == CRITERION_ALL;
        if (r == 0 && all && words->count > 1) {
            r = diag_fail(reterr, -EINVAL,
                          "'all' cannot be combined with "
                          "other Match attributes");
        }
        if (r == 0) {
            r = finish_criterion(facts, name, c, reterr);
        }
        if (r < 0) {
            return r;
        }
    }
    if (count == 0) {
        return diag_fail(reterr, -EINVAL,
                         "One or more attributes required for Match");
    }
    *ret = (struct condition){.list = list, .count = count};
    return 0;
}

bool
match_always(const struct condition *condition)
{
    for (size_t i = 0; i < condition->count; i++) {
        const struct criterion *c = &condition->list[i];

        if (c->kind != CRITERION_ALL &&
            !(c->kind == CRITERION_VERSION && c->holds)) {
            return false;
        }
    }
    return condition->count > 0;
}

bool
match_needs_local_port(const struct condition *condition)
{
    for (size_t i = 0; i < condition->count; i++) {
        if (condition->list[i].kind == CRITERION_LOCAL_PORT) {
            return true;
        }
    }
    return false;
}

/* Any group may match; a negated match of any group spoils it. */
static bool
groups_match(const char *list, const struct identity *who)
{
    bool found = false;

    if (who->user == NULL || who->invalid_user) {
        return false;
    }
    for (size_t i = 0; i < who->group_count; i++) {
        switch (pattern_match_list(list, who->groups[i], false)) {
        case LIST_NEGATED:
            return false;
        case LIST_MATCH:
            found = true;
            break;
        case LIST_NO_MATCH:
            break;
        }
    }
    return found;
}

static bool
address_matches(const char *list, const struct address *address)
{
    enum list_match match = LIST_NO_MATCH;
    struct diag detail = {0};

    return address->family != ADDRESS_NONE &&
           address_match_list(list, address, &match, &detail) == 0 &&
           match == LIST_MATCH;
}

static bool
text_matches(const char *list, const char *text, bool fold)
{
    return text != NULL && pattern_match_list(list, text, fold) == LIST_MATCH;
}

static bool
holds(const struct criterion *c, const struct identity *who)
{
    switch (c->kind) {
    case CRITERION_NEVER:
        return false;
    case CRITERION_ALL:
        return true;
    case CRITERION_VERSION:
        return c->holds;
    case CRITERION_INVALID_USER:
        return who->invalid_user;
    case CRITERION_USER:
        return text_matches(c->list, who->user, false);
    case CRITERION_GROUP:
        return groups_match(c->list, who);
    case CRITERION_HOST:
        return text_matches(c->list, who->host, true);
    case CRITERION_ADDRESS:
        return address_matches(c->list, &who->address);
    case CRITERION_LOCAL_ADDRESS:
        return address_matches(c->list, &who->local_address);
    case CRITERION_LOCAL_PORT:
        return who->local_port != 0 && who->local_port == c->port;
    case CRITERION_RDOMAIN:
        return text_matches(c->list, who->rdomain, false);
    }
    return false;
}

static const char *
kind_name(enum criterion_kind kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].kind == kind) {
            return kinds[i].name;
        }
    }
    return "";
}

int
match_evaluate(const struct condition *condition, const struct identity *who,
               bool *ret, struct diag *reterr)
{
    return match_evaluate_traced(condition, who, NULL, (struct origin){0}, ret,
                                 reterr);
}

int
match_evaluate_traced(const struct condition *condition,
                      const struct identity *who, const struct trace *trace,
                      struct origin from, bool *ret, struct diag *reterr)
{
    bool all = condition->count > 0;

    for (size_t i = 0; all && i < condition->count; i++) {
        const struct criterion *c = &condition->list[i];

        if ((c->kind == CRITERION_USER || c->kind == CRITERION_GROUP) &&
            who->user == NULL && !who->test) {
            return diag_fail(reterr, -EINVAL,
                             "cannot evaluate Match %s: no "
                             "user name",
                             c->kind == CRITERION_USER ? "User" : "Group");
        }
        all = holds(c, who);
        trace_step(trace,
                   (struct trace_step){TRACE_CRITERION, all, kind_name(c->kind),
                                       c->list, from});
    }
    *ret = all;
    return 0;
}
