#ifndef SERVER_CTL_EXPLAIN_H
#define SERVER_CTL_EXPLAIN_H

#include "server/ctl/answer.h"
#include "server/ctl/walk.h"

/* Where the groups of the user came from. */
enum groups_from {
    GROUPS_UNKNOWN = 0, /* no such user here */
    GROUPS_GIVEN,       /* --group */
    GROUPS_SYSTEM,      /* the group database */
};

/* Everything that an answer consists of.  Pointers are borrowed. */
struct explanation {
    const struct settings *settings;
    struct question question;
    struct answer answer;
    struct walk walk; /* of this answer */
    enum groups_from groups_from;
    bool lacks_local_port; /* a Match wants it, and it was not given */
};

/*
 * Write it down, for people or as one JSON object.  Texts are escaped.
 */
void explain_text(struct printout *out, struct explanation *e);
void explain_json(struct printout *out, struct explanation *e);

#endif
