#ifndef SERVER_CTL_SHOWN_H
#define SERVER_CTL_SHOWN_H

#include "policy/decision.h"
#include "policy/printout.h"

/* How texts of files and of the command line stand in an answer. */

/* Escaped, so that it stays on its line and moves no cursor. */
void shown_text(struct printout *out, const char *text);

/* A JSON string with its quotes; NULL is null. */
void shown_json(struct printout *out, const char *text);

/* "FILE:LINE", or "default" when no line said it. */
void shown_rule(struct printout *out, const struct origin *from);

/* "file":...,"line":N, null and 0 for a default. */
void shown_rule_json(struct printout *out, const struct origin *from);

/* "allow", "deny", "ask-address". */
const char *shown_verdict(enum verdict verdict);

/* Print it all and release it.  0, -ENOMEM, or -errno of stdout. */
int shown_print(struct printout *out);

#endif
