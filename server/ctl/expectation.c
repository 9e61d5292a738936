/* Files of policy tests: pure, so that it can be fuzzed. */
#include "server/ctl/expectation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/lexer.h"
#include "server/ctl/forward_spec.h"

/* One file that is being read. */
struct reading {
    struct arena *arena;
    const struct source *source;
    service_port_fn *service;
    policy_report_fn *report;
    void *arg;
    struct expectation **end; /* where the next one goes */
    size_t count;
    bool is_bad;
};

static int
read_verdict(const char *word, struct expectation *e, struct diag *reterr)
{
    e->allow = strcmp(word, "allow") == 0;
    if (!e->allow && strcmp(word, "deny") != 0) {
        return diag_fail(reterr, -EINVAL,
                         "an expectation begins with allow or deny, not with "
                         "'%.100s'",
                         word);
    }
    return 0;
}

/* "user=alice". */
static int
read_fact(struct reading *r, const char *word, struct expectation *e,
          struct diag *reterr)
{
    const char *equals = strchr(word, '=');
    const char *name = arena_text(r->arena, word, (size_t)(equals - word));

    if (name == NULL) {
        return -ENOMEM;
    }
    return person_set(&e->person, name, equals + 1, reterr);
}

/* "alice", "alice@10.1.2.3": the last '@' divides. */
static int
read_user(struct reading *r, const char *word, struct expectation *e,
          struct diag *reterr)
{
    const char *at = strrchr(word, '@');
    const char *user = word;
    int result = 0;

    if (at != NULL) {
        user = arena_text(r->arena, word, (size_t)(at - word));
        if (user == NULL) {
            return -ENOMEM;
        }
        result = person_set(&e->person, "from", at + 1, reterr);
    }
    return result == 0 ? person_set(&e->person, "user", user, reterr) : result;
}

static int
read_request(struct reading *r, const char *kind, struct words *words,
             struct expectation *e, struct diag *reterr)
{
    const char *where = words_next(words);
    struct diag detail = {0};
    int result = 0;

    if (where == NULL) {
        return diag_fail(reterr, -EINVAL, "%s: what to %s is missing", kind,
                         strncmp(kind, "open", 4) == 0 ? "open" : "listen on");
    }
    result = forward_spec_parse(r->arena, kind, where, r->service, &e->request,
                                &detail);
    return result == -EINVAL
               ? diag_fail(reterr, result, "%s: %.400s", kind, detail.text)
               : result;
}

static int
read_word(struct reading *r, const char *word, struct words *words,
          struct expectation *e, struct diag *reterr)
{
    bool has_request = e->request.kind != 0;

    if (strchr(word, '=') != NULL) {
        return read_fact(r, word, e, reterr);
    }
    if (has_request) {
        return diag_fail(reterr, -EINVAL, "'%.100s' is more than is understood",
                         word);
    }
    if (forward_spec_is_kind(word)) {
        return read_request(r, word, words, e, reterr);
    }
    return read_user(r, word, e, reterr);
}

static int
read_words(struct reading *r, struct words *words, struct expectation *e,
           struct diag *reterr)
{
    const char *word = words_next(words);
    int result = 0;

    while (result == 0 && word != NULL) {
        result = read_word(r, word, words, e, reterr);
        word = words_next(words);
    }
    if (result == 0 && e->request.kind == 0) {
        result = diag_fail(reterr, -EINVAL,
                           "the request is missing: open, listen, open-path "
                           "or listen-path");
    }
    return result;
}

static int
read_line(struct reading *r, const struct line *line, struct expectation *e,
          struct diag *reterr)
{
    struct words words = {0};
    int result = read_verdict(line->keyword, e, reterr);

    if (result < 0) {
        return result;
    }
    person_init(&e->person);
    result = lexer_split(r->arena, line->rest, &words);
    if (result == -EINVAL) {
        return diag_fail(reterr, -EINVAL, "a quote is not closed");
    }
    return result == 0 ? read_words(r, &words, e, reterr) : result;
}

static int
keep_text(struct reading *r, const struct line *line, struct expectation *e)
{
    size_t size = strlen(line->keyword) + strlen(line->rest) + 2;
    char *text = arena_alloc(r->arena, size);

    if (text == NULL) {
        return -ENOMEM;
    }
    snprintf(text, size, "%s %s", line->keyword, line->rest);
    e->text = text;
    return 0;
}

static void
complain(struct reading *r, unsigned line, struct diag *diag)
{
    diag->severity = SEVERITY_SOFT;
    diag->line = line;
    snprintf(diag->file, sizeof(diag->file), "%s", r->source->name);
    r->report(r->arg, diag);
    r->is_bad = true;
}

static int
take_line(struct reading *r, unsigned number, const struct line *line)
{
    struct expectation *e = arena_alloc(r->arena, sizeof(*e));
    struct diag diag = {0};
    int result = e == NULL ? -ENOMEM : read_line(r, line, e, &diag);

    if (result == -EINVAL) {
        complain(r, number, &diag);
        return 0;
    }
    if (result == 0) {
        result = keep_text(r, line, e);
    }
    if (result == 0) {
        e->from = (struct origin){r->source->name, number};
        *r->end = e;
        r->end = &e->next;
        r->count++;
    }
    return result;
}

static int
take_lines(struct reading *r)
{
    struct lexer lexer;
    int result = 0;

    lexer_init(&lexer, r->source->text, r->source->size);
    while (result == 0) {
        struct line line = {0};
        struct diag diag = {0};

        switch (lexer_next(&lexer, r->arena, &line)) {
        case LEX_END:
            return 0;
        case LEX_NO_MEMORY:
            return -ENOMEM;
        case LEX_NUL:
            diag_fail(&diag, 0, "a NUL byte");
            complain(r, lexer.line, &diag);
            break;
        case LEX_OPEN_QUOTE:
            diag_fail(&diag, 0, "a quote is not closed");
            complain(r, lexer.line, &diag);
            break;
        case LEX_LINE:
            result = take_line(r, lexer.line, &line);
            break;
        }
        if (r->count > EXPECTATION_MAX) {
            diag_fail(&diag, 0, "more than %d expectations", EXPECTATION_MAX);
            complain(r, lexer.line, &diag);
            return -EINVAL;
        }
    }
    return result;
}

int
expectation_read_all(struct arena *arena, const struct source *source,
                     service_port_fn *service, policy_report_fn *report,
                     void *arg, const struct expectation **ret)
{
    struct expectation *first = NULL;
    struct reading r = {arena, source, service, report, arg, &first, 0, false};
    int result = take_lines(&r);

    if (result == 0 && r.is_bad) {
        result = -EINVAL;
    }
    if (result == 0) {
        *ret = first;
    }
    return result;
}
