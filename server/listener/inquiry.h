#ifndef SERVER_LISTENER_INQUIRY_H
#define SERVER_LISTENER_INQUIRY_H

#include <stddef.h>

#include "server/base/spawn.h"
#include "server/listener/portcullisd.h"

/* What one of our programs said on stdout and stderr before it ended. */
struct inquiry {
    char text[INQUIRY_BYTES_MAX]; /* terminated; longer answers are cut */
    int status; /* exit status; 128 + signal when it was killed */
};

/*
 * Run what to its end and listen, for INQUIRY_TIMEOUT_MS at most: then it is
 * killed.  Blocks; our own stdout and stderr are elsewhere meanwhile, so
 * nothing may be logged by others.  Returns 0, -ETIMEDOUT or -errno.
 */
int inquiry_run(const struct spawn *what, struct inquiry *ret);

/* The next line of text, or NULL; cuts it out of the text at *rest. */
char *inquiry_next_line(char **rest);

#endif
