#ifndef SERVER_LISTENER_PENALTIES_H
#define SERVER_LISTENER_PENALTIES_H

#include "policy/settings.h"
#include "server/listener/penalty_table.h"
#include "server/listener/say.h"

/*
 * PerSourcePenalties (sshd_config(5)): what sources have done before login,
 * and whom that keeps out.  Zeroed memory holds nothing against anybody.
 *
 * Settings are those of the moment, so that a reload counts from the next
 * client on: other sizes of networks make everything of that family
 * forgotten.  max-sources bounds the memory.  Times are in microseconds of a
 * clock that never goes back.
 */
struct penalties {
    struct penalty_family {
        struct penalty_table table;
        unsigned bits; /* that table's sources have */
    } v4, v6;
};

/* After a reload: with "no", everything is forgotten. */
void penalties_reload(struct penalties *p, const struct settings *s);

/* NULL: let it in; else why not, for sshd's line about the drop. */
const char *penalties_forbid(struct penalties *p, const struct settings *s,
                             const struct address *client, uint64_t now_us);

/* A client has earned this, PENALTY_NONE to PENALTY_REFUSED. */
void penalties_add(struct penalties *p, const struct settings *s,
                   const struct address *client, enum penalty_part why,
                   uint64_t now_us, const struct say *to);

#endif
