#ifndef SERVER_MONITOR_BANNER_H
#define SERVER_MONITOR_BANNER_H

#include "server/monitor/connection.h"

#define BANNER_MAX 60000 /* bytes: it travels in one message */

/*
 * The text of a Banner file, NUL-terminated, for the caller to free.  Returns
 * 0; -ENOENT, when there is none or it is empty; -EFBIG; -EBADMSG (a NUL
 * inside); -ENOMEM; or the error of reading it.
 */
int banner_read(const char *path, char **ret);

/* Send the Banner of the settings in force, if there is one to be sent. */
void banner_send(struct connection *c);

#endif
