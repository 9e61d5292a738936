#ifndef SERVER_MONITOR_HINTS_H
#define SERVER_MONITOR_HINTS_H

#include "server/ipc/wire.h"

/*
 * What to do instead, for programs that come here to copy files or to run
 * something.  One line without its end; never NULL; holds nothing of the
 * client's.
 */
const char *hint_command(struct wire_bytes command);
const char *hint_subsystem(struct wire_bytes name);

/* Somebody tried X11 forwarding. */
extern const char hint_x11[];

#endif
