#ifndef POLICY_KEYWORD_ROWS_H
#define POLICY_KEYWORD_ROWS_H

/* What the files with rows of the keyword table need. */

#include "policy/keyword.h"
#include "policy/settings.h"

#define FIELD(name) .field = offsetof(struct settings, name)

#define YES_NO .type = &type_choice, .choices = choices_yes_no

#define GROUP(name, words, rows)                                               \
    const struct keyword_group name = {                                        \
        words,                                                                 \
        rows,                                                                  \
        sizeof(rows) / sizeof((rows)[0]),                                      \
    }

#endif
