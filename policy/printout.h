#ifndef POLICY_PRINTOUT_H
#define POLICY_PRINTOUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Text under construction, of any length.  Errors stick: add freely, then
 * ask once whether it failed.
 */
struct printout {
    char *text;  /* NUL-terminated, or NULL while nothing was added */
    size_t size; /* bytes before the NUL */
    size_t room;
    bool failed; /* out of memory */
};

void printout_add(struct printout *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A word, quoted when the lexer would not read it back as it is. */
void printout_word(struct printout *out, const char *word);

void printout_clear(struct printout *out); /* keeps the memory */
void printout_done(struct printout *out);

#endif
