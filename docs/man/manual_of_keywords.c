/*
 * Prints the keywords of portcullis_config(5) from the keyword table, as
 * mdoc(7): head.5 and tail.5 stand before and behind.  Text becomes one
 * sentence a line; what mdoc would take for its own is escaped.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/keyword.h"

/* Names that sshd has: ours cannot stand in a file that sshd reads, too. */
static const char ours_note[] =
    "This keyword is Portcullis's own; sshd refuses a file that has it.";

static void
put_char(char c)
{
    switch (c) {
    case '\\':
        fputs("\\e", stdout);
        return;
    case '-':
        fputs("\\-", stdout);
        return;
    case '\'':
        fputs("\\(aq", stdout);
        return;
    case '`':
        fputs("\\(ga", stdout);
        return;
    case '~':
        fputs("\\(ti", stdout);
        return;
    case '^':
        fputs("\\(ha", stdout);
        return;
    default:
        putchar(c);
    }
}

/* Does a sentence end at text[i], with another behind it? */
static int
ends_sentence(const char *text, size_t i)
{
    return text[i] == '.' && text[i + 1] == ' ' &&
           (isupper((unsigned char)text[i + 2]) || text[i + 2] == '*');
}

/* Running text: a line of its own for each sentence. */
static void
put_text(const char *text)
{
    int at_start = 1;

    for (size_t i = 0; text[i] != '\0'; i++) {
        if (at_start && (text[i] == '.' || text[i] == '\'')) {
            fputs("\\&", stdout);
        }
        put_char(text[i]);
        at_start = ends_sentence(text, i);
        if (at_start) {
            putchar('\n');
            i++; /* the space */
        }
    }
    putchar('\n');
}

/* An argument of a macro: quoted, so that its words are no macros. */
static void
put_argument(const char *text)
{
    fputs(" \"\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputs("\\(dq", stdout);
        } else {
            put_char(*text);
        }
        if (*text == ',') {
            fputs("\\:", stdout); /* a long list may be broken here */
        }
    }
    putchar('"');
}

/* A bare | is mdoc's own: it stands between arguments of one macro. */
static void
put_choices(const struct choice *choices)
{
    for (size_t i = 0; choices[i].name != NULL; i++) {
        fputs(i > 0 ? " |" : " Cm", stdout);
        put_argument(choices[i].name);
    }
}

static void
put_heading(const struct keyword *kw)
{
    fputs(".It Cm", stdout);
    put_argument(kw->name);
    if (kw->choices != NULL) {
        put_choices(kw->choices);
    } else if (kw->type != NULL) {
        fputs(" Ar", stdout);
        put_argument(kw->type->syntax);
    }
    putchar('\n');
}

static void
put_aliases(const struct keyword *kw)
{
    for (size_t i = 0; i < KEYWORD_ALIASES && kw->alias[i] != NULL; i++) {
        fputs("It may also be written\n.Cm", stdout);
        put_argument(kw->alias[i]);
        fputs(" .\n", stdout);
    }
}

static const char *
use_note(enum use use)
{
    switch (use) {
    case USE_REFUSED:
        return "Any value is an error.";
    case USE_NO_EFFECT:
        return "It is checked, printed by -T, and has no effect: it is about "
               "what does not exist here.";
    case USE_DEFAULT_ONLY:
        return "Any other value than the default is an error so far.";
    case USE_HONOURED:
    case USE_STRUCTURE:
    case USE_UNSUPPORTED:
    case USE_DEPRECATED:
    case USE_IGNORED:
        return NULL;
    }
    return NULL;
}

static void
put_default(const struct keyword *kw)
{
    if (kw->type == NULL) {
        return;
    }
    if (kw->dflt == NULL || kw->dflt[0] == '\0') {
        puts("By default the list is empty.");
        return;
    }
    fputs("The default is\n.Cm", stdout);
    put_argument(kw->dflt);
    puts(" .");
}

static void
put_notes(const struct keyword *kw)
{
    const char *note = use_note(kw->use);

    put_aliases(kw);
    put_default(kw);
    if (note != NULL) {
        put_text(note);
    }
    if (kw->type != NULL && kw->rule == RULE_APPEND) {
        puts("Several lines add up.");
    }
    if (kw->scope == SCOPE_MATCH && kw->use != USE_STRUCTURE) {
        puts("It may stand in a\n.Cm Match\nblock.");
    }
    if (kw->ours) {
        put_text(ours_note);
    } else if (kw->since != NULL) {
        printf("Sshd has it since %s.\n", kw->since);
    }
}

/* Rows that say the same share one paragraph. */
static int
is_shared(const struct keyword *kw, const struct keyword *next)
{
    return kw->type == NULL && strcmp(kw->doc, next->doc) == 0 &&
           kw->scope == next->scope;
}

static void
put_group(const struct keyword_group *group)
{
    printf(".Ss %s\n.Bl -tag -width Ds\n", group->title);
    for (size_t i = 0; i < group->count; i++) {
        const struct keyword *kw = &group->list[i];

        put_heading(kw);
        if (i + 1 < group->count && is_shared(kw, kw + 1)) {
            continue;
        }
        put_text(kw->doc);
        put_notes(kw);
    }
    puts(".El");
}

int
main(void)
{
    for (size_t g = 0; g < KEYWORD_GROUPS; g++) {
        put_group(keyword_groups[g]);
    }
    return ferror(stdout) || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
