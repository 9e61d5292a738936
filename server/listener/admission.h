#ifndef SERVER_LISTENER_ADMISSION_H
#define SERVER_LISTENER_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"
#include "policy/settings.h"
#include "server/listener/log_limit.h"
#include "server/listener/penalties.h"
#include "server/listener/say.h"

/* Who may begin to log in, and what the log says of those who may not. */
struct admission {
    struct penalties penalties;
    struct log_limit penalty_lines, startup_lines;
};

/* A client at the door. */
struct arrival {
    struct address client, local; /* NONE: no network address */
    unsigned client_port, local_port;
    size_t waiting;             /* connections that have not logged in */
    size_t waiting_from_source; /* those of its source */
    unsigned dice;              /* 0..99, each as likely */
    uint64_t now_us;
};

void admission_init(struct admission *a);

/*
 * By PerSourcePenalties, MaxStartups and PerSourceMaxStartups, in sshd's
 * order.  False: drop this client; the line is sshd's (drop_connection).
 */
bool admission_allows(struct admission *a, const struct settings *s,
                      const struct arrival *next, const struct say *to);

#endif
