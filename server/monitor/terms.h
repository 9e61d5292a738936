#ifndef SERVER_MONITOR_TERMS_H
#define SERVER_MONITOR_TERMS_H

#include "policy/settings.h"
#include "server/ipc/msg.h"

/* What a session has to keep to under s, the settings of its user.  Pure. */
struct msg_terms terms_of(const struct settings *s);

#endif
