/*
 * Pass 1: every line is read and checked once; what is global is applied,
 * what stands in Match blocks is kept for pass 2.
 *
 * Included files are frames on a stack of fixed depth.
 */
#include "policy/parser.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/includes.h"

/*
 * One file being read.  Between two lines it may be in the middle of an
 * Include: args are its arguments to come, include the one being read.
 */
struct frame {
    struct lexer lexer;
    const char *name;
    struct block *outer; /* of the includer; NULL: global */
    struct block *block; /* in force at this line */
    struct words args;
    const struct include *include;
    size_t source; /* next of include->list */
    unsigned bad;  /* soft errors in this file, without those it includes */
};

struct parser {
    struct policy *policy;
    struct includes includes;
    struct frame frames[INCLUDE_DEPTH_MAX + 1];
    size_t depth;
    struct block **last_block;
    struct statement **last_statement, **last_late;
    policy_report_fn *report;
    void *arg;
    unsigned bad; /* soft errors so far, on the command line and in files */
};

/* Report a complaint about a place.  0 when reading may go on. */
static int
pass_on(struct parser *p, const struct origin *at, struct diag *diag,
        enum severity severity)
{
    diag->severity = severity;
    diag->line = at->line;
    snprintf(diag->file, sizeof(diag->file), "%s", at->file);
    p->report(p->arg, diag);
    p->bad += severity == SEVERITY_SOFT ? 1 : 0;
    return severity == SEVERITY_HARD ? -EINVAL : 0;
}

__attribute__((format(printf, 4, 5))) static int
complain(struct parser *p, const struct origin *at, enum severity severity,
         const char *fmt, ...)
{
    struct diag diag = {0};
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(diag.text, sizeof(diag.text), fmt, ap);
    va_end(ap);
    return pass_on(p, at, &diag, severity);
}

/* sshd says some things without the place they are about. */
static const struct origin nowhere = {.file = "", .line = 0};

static bool
is_active(const struct block *block)
{
    return block == NULL || block->active;
}

/* Keep a value for pass 2, or for warnings. */
static int
remember(struct parser *p, struct statement ***last, const struct keyword *kw,
         const void *value, const struct block *block)
{
    struct statement *s = arena_alloc(p->policy->arena, sizeof(*s));

    if (s == NULL) {
        return -ENOMEM;
    }
    *s = (struct statement){.kw = kw, .value = value, .block = block};
    **last = s;
    *last = &s->next;
    return 0;
}

/* Ports of the command line replace those of the file. */
static bool
comes_too_late(const struct keyword *kw, const void *field,
               const struct origin *at)
{
    const struct origin *from = field;

    return kw->override_closes && from->file == origin_command_line &&
           at->file != origin_command_line;
}

static int
apply(struct parser *p, const struct keyword *kw, const void *value,
      const struct block *block, const struct origin *at)
{
    void *field = keyword_field(kw, &p->policy->global);
    struct diag diag = {0};
    int r;

    if (block != NULL && kw->scope == SCOPE_MATCH) {
        r = remember(p, &p->last_statement, kw, value, block);
        if (r < 0) {
            return r;
        }
    }
    if (block == NULL && kw->rule == RULE_FIRST && keyword_is_set(field)) {
        r = remember(p, &p->last_late, kw, value, NULL);
        if (r < 0) {
            return r;
        }
    }
    if (!is_active(block) || comes_too_late(kw, field, at)) {
        return 0;
    }
    r = keyword_apply(kw, p->policy->arena, field, value, &diag);
    return r == -EINVAL ? pass_on(p, at, &diag, SEVERITY_HARD) : r;
}

static int
read_value(struct parser *p, const struct keyword *kw, const char *written,
           struct words *words, const struct block *block,
           const struct origin *at)
{
    struct value_context ctx = {.arena = p->policy->arena,
                                .facts = p->policy->facts,
                                .written = written,
                                .from = *at};
    void *value = arena_alloc(p->policy->arena, kw->type->size);
    struct diag diag = {0};
    int r;

    if (value == NULL) {
        return -ENOMEM;
    }
    r = keyword_parse(kw, &ctx, words, value, &diag);
    if (r == -ENOMEM) {
        return r;
    }
    if (r < 0) {
        return pass_on(p, at, &diag, diag.severity);
    }
    if (ctx.warning.text[0] != '\0') {
        pass_on(p, at, &ctx.warning, SEVERITY_WARNING);
    }
    if (words_next(words) != NULL) {
        return complain(p, at, SEVERITY_SOFT,
                        "keyword %.200s extra arguments at end of line",
                        written);
    }
    return apply(p, kw, value, block, at);
}

static int
start_block(struct parser *p, struct frame *f, struct words *words,
            const struct origin *at)
{
    struct block *b = arena_alloc(p->policy->arena, sizeof(*b));
    struct diag diag = {0};
    int r;

    if (b == NULL) {
        return -ENOMEM;
    }
    r = match_parse(p->policy->arena, p->policy->facts, words, &b->condition,
                    &diag);
    if (r == -EINVAL) {
        pass_on(p, &nowhere, &diag, SEVERITY_WARNING);
        return complain(p, at, SEVERITY_HARD, "Bad Match condition");
    }
    if (r < 0) {
        return r;
    }
    b->from = *at;
    b->parent = f->outer;
    b->active = is_active(f->outer) && match_always(&b->condition);
    *p->last_block = b;
    p->last_block = &b->next;
    f->block = b;
    return 0;
}

/* The frame goes on with its arguments before its next line. */
static int
start_include(struct parser *p, struct frame *f, const char *written,
              struct words *words, const struct origin *at)
{
    if (words->count == 0) {
        return complain(p, at, SEVERITY_HARD, "%s missing filename argument",
                        written);
    }
    for (size_t i = 0; i < words->count; i++) {
        if (*words->list[i] == '\0') {
            return complain(p, at, SEVERITY_SOFT, "keyword %s empty argument",
                            written);
        }
    }
    f->args = *words;
    return 0;
}

/* f is NULL on the command line. */
static int
read_structure(struct parser *p, struct frame *f, const struct keyword *kw,
               const char *written, struct words *words,
               const struct origin *at)
{
    if (f == NULL) {
        return complain(p, &nowhere, SEVERITY_HARD,
                        "%s directive not supported as a command-line option",
                        kw->name);
    }
    if (strcmp(kw->name, "Match") == 0) {
        return start_block(p, f, words, at);
    }
    return start_include(p, f, written, words, at);
}

/* A known keyword at a place where it may stand. */
static int
read_keyword(struct parser *p, struct frame *f, const struct keyword *kw,
             const char *written, struct words *words, const struct origin *at)
{
    const struct block *block = f != NULL ? f->block : NULL;

    switch (kw->use) {
    case USE_STRUCTURE:
        return read_structure(p, f, kw, written, words, at);
    case USE_HONOURED:
    case USE_NO_EFFECT:
    case USE_DEFAULT_ONLY:
        return read_value(p, kw, written, words, block, at);
    case USE_DEPRECATED:
        return complain(p, at, SEVERITY_WARNING, "Deprecated option %.200s",
                        written);
    case USE_UNSUPPORTED:
        return complain(p, at, SEVERITY_WARNING, "Unsupported option %.200s",
                        written);
    case USE_IGNORED:
        return 0;
    case USE_REFUSED:
        break;
    }
    return complain(p, at, SEVERITY_HARD,
                    "setting %s not supported on this platform.", kw->name);
}

static int
read_line(struct parser *p, struct frame *f, const struct line *line,
          const struct origin *at)
{
    const struct keyword *kw = keyword_find(line->keyword);
    struct words words;
    int r = 0;

    if (*line->rest == '\0') {
        return complain(p, at, SEVERITY_SOFT,
                        "no argument after keyword \"%.200s\"", line->keyword);
    }
    if (kw == NULL) {
        complain(p, at, SEVERITY_SOFT, "Bad configuration option: %.200s",
                 line->keyword);
    }
    r = lexer_split(p->policy->arena, line->rest, &words);
    if (r == -EINVAL) {
        return complain(p, at, SEVERITY_SOFT, "invalid quotes");
    }
    if (r < 0) {
        return r;
    }
    if (f != NULL && !is_active(f->block) &&
        (kw == NULL || !keyword_is_for_match(kw, line->keyword))) {
        return complain(
            p, at, SEVERITY_HARD,
            "Directive '%.200s' is not allowed within a Match block",
            line->keyword);
    }
    return kw != NULL ? read_keyword(p, f, kw, line->keyword, &words, at) : 0;
}

static int
read_lexed(struct parser *p, struct frame *f, enum lex result,
           const struct line *line, const struct origin *at)
{
    switch (result) {
    case LEX_LINE:
        return read_line(p, f, line, at);
    case LEX_OPEN_QUOTE:
        return complain(p, at, SEVERITY_SOFT, "invalid quotes");
    case LEX_NUL:
        return complain(p, at, SEVERITY_HARD, "the line contains a NUL byte");
    case LEX_NO_MEMORY:
        return -ENOMEM;
    case LEX_END:
        break;
    }
    return 0;
}

/* sshd gives up at the first bad option on the command line. */
static int
read_override(struct parser *p, const char *text)
{
    const struct origin at = {.file = origin_command_line, .line = 0};
    struct lexer lexer;
    struct line line;
    enum lex result;
    int r = 0;

    lexer_init(&lexer, text, strlen(text));
    do {
        result = lexer_next(&lexer, p->policy->arena, &line);
        r = read_lexed(p, NULL, result, &line, &at);
    } while (r == 0 && p->bad == 0 && result != LEX_END);
    return p->bad > 0 ? -EINVAL : r;
}

static void
push(struct parser *p, const struct source *source, struct block *block)
{
    struct frame *f = &p->frames[p->depth++];

    *f = (struct frame){.name = source->name, .outer = block, .block = block};
    lexer_init(&f->lexer, source->text, source->size);
}

/* Take the next step of an Include line.  At least one is left. */
static int
step_include(struct parser *p, struct frame *f, const struct origin *at)
{
    const char *pattern = NULL;

    if (f->include != NULL && f->source < f->include->count) {
        if (p->depth > INCLUDE_DEPTH_MAX) {
            return complain(p, at, SEVERITY_HARD,
                            "Too many recursive configuration includes");
        }
        push(p, &f->include->list[f->source++], f->block);
        return 0;
    }
    f->include = NULL;
    pattern = words_next(&f->args);
    if (pattern == NULL) {
        return 0;
    }
    f->source = 0;
    f->include = includes_find(&p->includes, pattern);
    if (f->include == NULL) {
        return complain(p, at, SEVERITY_HARD, "Include \"%.200s\" was not read",
                        pattern);
    }
    return 0;
}

/* The sum of a file's soft errors, as sshd says it, ends everything. */
static int
pop(struct parser *p)
{
    const struct frame *f = &p->frames[--p->depth];
    const struct origin at = {.file = f->name, .line = 0};

    if (f->bad == 0) {
        return 0;
    }
    return complain(p, &at, SEVERITY_HARD,
                    "terminating, %u bad configuration options", f->bad);
}

static int
step(struct parser *p)
{
    struct frame *f = &p->frames[p->depth - 1];
    struct origin at = {.file = f->name, .line = f->lexer.line};
    unsigned bad = p->bad;
    struct line line;
    enum lex result;
    int r;

    if (f->include != NULL || f->args.next < f->args.count) {
        return step_include(p, f, &at);
    }
    result = lexer_next(&f->lexer, p->policy->arena, &line);
    at.line = f->lexer.line;
    if (result == LEX_END) {
        return pop(p);
    }
    r = read_lexed(p, f, result, &line, &at);
    f->bad += p->bad > bad ? 1 : 0;
    return r;
}

int
parser_run(struct policy *policy, const struct sources *sources,
           policy_report_fn *report, void *arg)
{
    struct parser p = {.policy = policy,
                       .last_block = &policy->blocks,
                       .last_statement = &policy->statements,
                       .last_late = &policy->late,
                       .report = report,
                       .arg = arg};
    int r = includes_init(&p.includes, sources, policy->arena);

    for (size_t i = 0; r == 0 && i < sources->override_count; i++) {
        r = read_override(&p, sources->overrides[i]);
    }
    if (r == 0) {
        push(&p, &sources->main, NULL);
    }
    while (r == 0 && p.depth > 0) {
        r = step(&p);
    }
    return r;
}
