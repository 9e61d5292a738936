#ifndef POLICY_LEXER_H
#define POLICY_LEXER_H

#include <stddef.h>

#include "policy/arena.h"

/*
 * The line grammar of sshd_config: physical lines, a keyword, a remainder,
 * and the words of that remainder.  There is no continuation of lines.
 */
struct lexer {
    const char *text; /* borrowed, need not be NUL-terminated */
    size_t size;
    size_t at;     /* next unread byte */
    unsigned line; /* 1-based number of the line read last */
};

/* One line that is neither blank nor a comment; both point into the arena. */
struct line {
    char *keyword;
    char *rest; /* "" when nothing follows; as written, ends trimmed */
};

enum lex {
    LEX_END = 0,
    LEX_LINE,
    LEX_NUL,        /* a NUL byte: what follows it would be invisible */
    LEX_OPEN_QUOTE, /* the keyword itself has an unclosed quote */
    LEX_NO_MEMORY,
};

void lexer_init(struct lexer *lexer, const char *text, size_t size);

/* Read up to the next line with something on it.  *ret only for LEX_LINE. */
enum lex lexer_next(struct lexer *lexer, struct arena *arena, struct line *ret);

/* The words of one line, taken from the front. */
struct words {
    char *const *list;
    size_t count;
    size_t next;
    const char *tail; /* the remainder as written */
};

/* The next word, or NULL. */
const char *words_next(struct words *words);

/*
 * Split a remainder at blanks and tabs: 'x' and "x" quote and may start
 * inside a word, a backslash escapes a quote or a backslash (outside quotes
 * also a blank), '#' at the start of a word ends the line.
 * Returns 0, -EINVAL for an unclosed quote, or -ENOMEM.
 */
int lexer_split(struct arena *arena, const char *rest, struct words *ret);

#endif
